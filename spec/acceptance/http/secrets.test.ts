import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { makeCertificates } from '../../support/certificates.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import type { Answerer } from '../../support/http-server.js';
import { startHttpSite } from '../support/http-site.js';
import { type Attributes, type Code, hash, resource, sensitive } from '../support/manifest.js';
import type { Applied } from '../support/puppet.js';
import { outcome } from '../support/site.js';

const site = await startHttpSite(t);
const { node, server, http, on } = site;
const tlsDir = join(node.dir, 'tls');
mkdirSync(tlsDir);
const certificates = await makeCertificates(tlsDir);
const proxy = await startForwardProxy();
const refusing = await startForwardProxy({ login: 'nobody:knows' });
t.teardown(() => Promise.all([proxy.stop(), refusing.stop()]));

/** As real ones do, it holds characters that URLs, JSON and shells write in other ways. */
function secret(name: string): string {
  return `${name}/Secret+of="2" & <7>%${randomBytes(8).toString('hex')}`;
}

/** In a file that only the machine has, for a function that runs there. */
function deferred(name: string, text: string): Code {
  const file = join(node.home, name);
  writeFileSync(file, text, { mode: 0o600 });
  return { code: `Deferred('file', ['${file}'])` };
}

/** Where Puppet's agent keeps the catalog it was given, too. */
const cachedCatalog = ['--catalog_cache_terminus=json'];
const isCatalog = (file: string) => /^client_data\/catalog\//.test(relative(node.vardir, file));

function spellings(text: string): string[] {
  return [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    Buffer.from(text).toString('base64'),
    Buffer.from(`deploy:${text}`).toString('base64'),
  ];
}

function seen(applied: Applied, text: string): string[] {
  const places: Record<string, string> = {
    stdout: applied.stdout,
    stderr: applied.stderr,
    argv: applied.processes.map(({ argv }) => argv).join('\n'),
    environment: applied.processes.map(({ env }) => env).join('\n'),
    report: JSON.stringify([applied.report]),
  };
  const holds = (place: string) => spellings(text).some((spelling) => place.includes(spelling));
  return [
    ...Object.entries(places).flatMap(([place, content]) => (holds(content) ? [place] : [])),
    ...new Set(spellings(text).flatMap((spelling) => node.filesWith(spelling))),
  ];
}

/** All that it was told comes back, as careless servers have it: in words, and as it was sent. */
const echo: Answerer = ({ path, headers, body }) => {
  const basic = /^Basic (.*)/.exec(headers.authorization ?? '')?.[1];
  const said = basic && Buffer.from(basic, 'base64').toString();
  return {
    status: 400,
    body: `you said ${said?.split(':').slice(1).join(':')} by ${headers.authorization} ${headers['x-key']} to ${decodeURIComponent(path)} ${path}: ${body}`,
  };
};

/** How each kind of secret is written. */
const kinds: Record<string, (value: Code) => Attributes> = {
  bearer: (value) => ({ bearer_token: value }),
  password: (value) => ({ user: 'deploy', password: value }),
  signature: (value) => ({ ensure: 'post', signature: 'github', secret: value }),
  data: (value) => ({
    ensure: 'post',
    data: { code: `{ 'deep' => { 'down' => [${value.code}] } }` },
  }),
  text: (value) => ({ ensure: 'post', data: value }),
  form: (value) => ({
    ensure: 'post',
    data: hash({ field: value }),
    header: 'application/x-www-form-urlencoded',
  }),
  header: (value) => ({ header: hash({ 'X-Key': value }) }),
  query: (value) => ({ query: hash({ key: value }) }),
};

const all = Object.keys(kinds);

function nowhere(t: Test, applied: Applied, secrets: Record<string, string>): void {
  for (const [name, text] of Object.entries(secrets)) t.same(seen(applied, text), [], name);
}

t.test('a secret is nowhere to be seen, whatever the server says', async (t) => {
  const right = Object.fromEntries(all.map((name) => [name, secret(name)]));
  const wrong = Object.fromEntries(all.map((name) => [name, secret(`wrong-${name}`)]));
  const onMachine = Object.fromEntries(all.map((name) => [name, secret(`deferred-${name}`)]));
  const more = {
    url: secret('url'),
    probe: secret('probe'),
    proxy: secret('proxy'),
    'refused-proxy': secret('refused-proxy'),
    netrc: randomBytes(12).toString('hex'),
  };
  for (const name of [...all, 'probe', 'url', 'netrc']) on(`/wrong-${name}`, echo);
  for (const name of all) on(`/deferred-${name}`, echo);
  writeFileSync(
    join(node.home, '.netrc'),
    `machine 127.0.0.1 login deploy password ${more.netrc}\n`,
    { mode: 0o600 },
  );
  const at = (text: string, path: string) =>
    `http://deploy:${encodeURIComponent(text)}@127.0.0.1:${server.port}/${path}`;
  const via = (text: string, port: number) =>
    `http://deploy:${encodeURIComponent(text)}@127.0.0.1:${port}`;
  const manifest = [
    ...all.map((name) => http(`right-${name}`, kinds[name]?.(sensitive(right[name] ?? '')) ?? {})),
    ...all.map((name) => http(`wrong-${name}`, kinds[name]?.(sensitive(wrong[name] ?? '')) ?? {})),
    ...all.map((name) =>
      http(
        `deferred-${name}`,
        kinds[name]?.({
          code: `Sensitive(${deferred(name, onMachine[name] ?? '').code})`,
        }) ?? {},
      ),
    ),
    http('wrong-netrc', { netrc: true }),
    resource('http', 'right-url', { url: at(more.url, 'right-url') }),
    resource('http', 'wrong-url', { url: at(more.url, 'wrong-url') }),
    http('wrong-probe', {
      ensure: 'put',
      bearer_token: sensitive(more.probe),
      unless: hash({ json: hash({ token: sensitive(more.probe) }) }),
    }),
    http('right-proxy', { proxy: via(more.proxy, proxy.port) }),
    http('wrong-proxy', { proxy: via(more['refused-proxy'], refusing.port) }),
  ].join('');
  const applied = await node.apply(manifest, {
    debug: true,
    watch: true,
    args: ['--trace', ...cachedCatalog],
  });
  t.equal(applied.code, 6, applied.stderr);
  const status = (name: string) => outcome(applied, `Http[${name}]`).status;
  for (const name of [...all, 'url', 'proxy']) t.equal(status(`right-${name}`), 'changed', name);
  for (const name of [...all, 'url', 'proxy', 'netrc', 'probe']) {
    t.equal(status(`wrong-${name}`), 'failed', name);
  }
  for (const name of all) t.equal(status(`deferred-${name}`), 'failed', name);

  t.test('the watch saw what there was to see, and the server was told', async (t) => {
    t.ok(applied.processes.some(({ argv, env }) => argv.includes('http.cjs') && env !== ''));
    t.match(outcome(applied, 'Http[wrong-bearer]').errors.join(), 'you said');
    const told = JSON.stringify(server.asked);
    t.ok(told.includes(JSON.stringify(wrong.bearer).slice(1, -1)));
    t.ok(server.asked.some(({ body }) => body.includes(JSON.stringify(wrong.data))));
    t.ok(server.asked.some(({ body }) => body === wrong.text));
  });
  t.test('that only the machine has: neither in a catalog', async (t) => {
    nowhere(t, applied, { ...onMachine, netrc: more.netrc });
  });
  t.test('of a manifest: in the catalog alone, as Puppet has it', async (t) => {
    const { netrc: _, ...inManifest } = more;
    for (const [name, text] of Object.entries({
      ...right,
      ...prefixed('wrong', wrong),
      ...inManifest,
    })) {
      const places = seen(applied, text);
      t.ok(places.every(isCatalog), `${name}: ${places}`);
    }
  });
  t.test('nor is it in a noop run, or one that finds all sent', async (t) => {
    for (const noop of [true, false]) {
      const again = await node.apply(manifest, { noop, debug: true, args: cachedCatalog });
      for (const [name, text] of Object.entries({ ...right, ...more })) {
        t.ok(seen(again, text).every(isCatalog), `${name}: ${seen(again, text)}`);
      }
    }
  });
});

function prefixed(prefix: string, of: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(of).map(([name, text]) => [`${prefix}-${name}`, text]));
}

t.test('what a server says under a secret’s name is left out', async (t) => {
  const theirs = randomBytes(8).toString('hex');
  on('/says', () => ({
    status: 500,
    body: { error: 'no', api_key: theirs, nested: [{ password: theirs }] },
  }));
  on('/says-form', () => ({ status: 500, body: `error=no&access_token=${theirs}` }));
  on('/says-state', () => ({ body: { token: theirs } }));
  const applied = await node.apply(
    http('says', { retries: 0 }) +
      http('says-form', { retries: 0 }) +
      http('says-state', { unless: hash({ json: hash({ token: 'x' }) }) }),
    { debug: true, watch: true },
  );
  t.match(outcome(applied, 'Http[says]').errors, [/HTTP 500, .*"error":"no"/]);
  t.match(outcome(applied, 'Http[says-state]').messages, [/\(probe said token=\[redacted\]\)$/]);
  t.same(seen(applied, theirs), []);
});

t.test('a key or certificate is in no message, whatever is wrong with it', async (t) => {
  const applied = await node.apply(
    resource('http', 'swapped', {
      url: `https://127.0.0.1:${server.port}/x`,
      client_cert: join(tlsDir, 'valid.key'),
      client_key: join(tlsDir, 'valid.pem'),
      ca_file: certificates.caFile,
    }),
    { debug: true, watch: true },
  );
  t.equal(applied.code, 4);
  const [, line = ''] = certificates.valid.key
    .split('\n')
    .filter((text) => !text.includes('PARAM'));
  t.ok(line.length > 40);
  t.same(seen(applied, line), []);
});
