import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import t from 'tap';
import { makeCertificates } from '../../support/certificates.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { startHttpServer } from '../../support/http-server.js';
import { startHttpSite } from '../support/http-site.js';
import { type Attributes, hash, resource, sensitive } from '../support/manifest.js';
import type { Applied } from '../support/puppet.js';
import { outcome } from '../support/site.js';

const site = await startHttpSite(t);
const { node, http, on, server } = site;
const tlsDir = join(node.dir, 'tls');
mkdirSync(tlsDir);
const certificates = await makeCertificates(tlsDir);
const secure = await startHttpServer(() => ({ body: {} }), { tls: certificates.valid });
const other = await startHttpServer(() => ({ body: {} }));
t.teardown(() => Promise.all([secure.stop(), other.stop()]));

const errors = (applied: Applied, name: string) => outcome(applied, `Http[${name}]`).errors;
const status = (applied: Applied, name: string) => outcome(applied, `Http[${name}]`).status;

t.test('a bearer token, plain or Sensitive, and a header of one’s own before it', async (t) => {
  const applied = await node.apply(
    http('plain', { bearer_token: 'a-token' }) +
      http('sensitive', { bearer_token: sensitive('a-token') }) +
      http('own', { header: hash({ Authorization: 'Token mine' }), bearer_token: 'a-token' }) +
      http('in-header', {
        header: hash({ 'X-Token': sensitive('x-token'), 'X-Many': ['a', 'b'] }),
      }),
  );
  t.equal(applied.code, 2, applied.stderr);
  const sent = (path: string) => site.asked(path)[0]?.headers;
  t.equal(sent('/plain')?.authorization, 'Bearer a-token');
  t.equal(sent('/sensitive')?.authorization, 'Bearer a-token');
  t.equal(sent('/own')?.authorization, 'Token mine');
  t.match(sent('/in-header'), { 'x-token': 'x-token', 'x-many': 'a, b' });
});

/** As a receiver of webhooks verifies it, by the bytes that came. */
function genuine(
  kind: string,
  secret: string,
  headers: IncomingHttpHeaders,
  body: string,
): boolean {
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);
  if (kind === 'standard') {
    const { 'webhook-id': id, 'webhook-timestamp': at } = headers;
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const recent = Math.abs(Date.now() / 1000 - Number(at)) < 300;
    const signature = hmac(key, `${id}.${at}.${body}`).digest('base64');
    return recent && !!id && headers['webhook-signature'] === `v1,${signature}`;
  }
  const name = kind === 'github' ? 'x-hub-signature-256' : 'x-hub-signature';
  return headers[name] === `sha256=${hmac(secret, body).digest('hex')}`;
}

t.test('a signed body is taken by who verifies it', async (t) => {
  const secrets: Record<string, string> = {
    github: 'a hook’s secret',
    bitbucket: 'another',
    standard: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  };
  for (const [kind, secret] of Object.entries(secrets)) {
    on(`/${kind}`, ({ headers, body }) => ({
      status: genuine(kind, secret, headers, body) ? 202 : 401,
    }));
    on(`/${kind}-wrong`, ({ headers, body }) => ({
      status: genuine(kind, secret, headers, body) ? 202 : 401,
    }));
  }
  const signed = (name: string, signature: string, secret: string) =>
    http(name, {
      ensure: 'post',
      data: hash({ ref: 'main', ümlaut: '✓' }),
      signature,
      secret: sensitive(secret),
    });
  const kinds = Object.entries(secrets);
  const applied = await node.apply(
    kinds
      .flatMap(([kind, secret]) => [
        signed(kind, kind, secret),
        signed(`${kind}-wrong`, kind, 'whsec_d3Jvbmc='),
      ])
      .join('') + http('no-body', { ensure: 'post', signature: 'github', secret: 'a secret' }),
  );
  for (const [kind] of kinds) {
    t.equal(status(applied, kind), 'changed', kind);
    t.match(errors(applied, `${kind}-wrong`), [/HTTP 401/], kind);
  }
  const [bare] = site.asked('/no-body');
  t.ok(bare && genuine('github', 'a secret', bare.headers, ''));
});

t.test('redirects are followed where asked, and credentials stay at home', async (t) => {
  const to =
    (location: string, status = 302) =>
    () => ({ status, headers: { location } });
  on('/home', to('/there'));
  on('/abroad', to(`${other.url}/abroad`, 307));
  on('/not-followed', to('/there'));
  on('/loop', to('/loop'));
  const credentials = {
    user: 'deploy',
    password: 'word-of-ours',
    header: hash({ 'X-Api-Key': 'key-of-ours', Cookie: 'session-of-ours', Accept: 'text/plain' }),
    follow_redirects: true,
  };
  const applied = await node.apply(
    http('home', credentials) +
      http('abroad', {
        ...credentials,
        ensure: 'post',
        data: hash({ n: 1 }),
        signature: 'github',
        secret: 'hook-of-ours',
        idempotency_key: 'once-of-ours',
      }) +
      http('not-followed') +
      http('loop', { follow_redirects: true }),
  );
  t.equal(status(applied, 'home'), 'changed', applied.stderr);
  const basic = `Basic ${Buffer.from('deploy:word-of-ours').toString('base64')}`;
  t.match(site.asked('/there')[0]?.headers, { authorization: basic, 'x-api-key': 'key-of-ours' });
  t.match(site.asked('/abroad')[0]?.headers, {
    authorization: basic,
    'x-hub-signature-256': /^sha256=/,
  });
  const [abroad] = other.asked;
  t.match(abroad, {
    method: 'POST',
    path: '/abroad',
    body: '{"n":1}',
    headers: { accept: 'text/plain' },
  });
  t.notMatch(JSON.stringify(abroad), /of-ours|authorization|signature/);
  t.match(errors(applied, 'not-followed'), [
    new RegExp(
      `HTTP 302, an empty body; it redirects to ${server.url}/there: correct the URL, or set follow_redirects$`,
    ),
  ]);
  t.match(errors(applied, 'loop'), [
    /10 redirects were followed, the last one to \S+\/loop; correct the URL$/,
  ]);
  t.equal(site.asked('/loop').length, 11);
});

t.test('through a proxy: whole URLs for http, a tunnel for https', async (t) => {
  const [open, closed] = await Promise.all([
    startForwardProxy(),
    startForwardProxy({ login: 'us:pass word' }),
  ]);
  t.teardown(() => Promise.all([open.stop(), closed.stop()]));
  const plain = (name: string, attributes: Attributes) =>
    resource('http', name, { url: `http://127.0.0.1:${server.port}/${name}`, ...attributes });
  const tls = (name: string, attributes: Attributes) =>
    resource('http', name, {
      url: `${secure.url}/${name}`,
      ca_file: certificates.caFile,
      ...attributes,
    });
  const login = `http://us:pass%20word@127.0.0.1:${closed.port}`;
  const applied = await node.apply(
    plain('by-http', { proxy: open.url }) +
      tls('by-tunnel', { proxy: open.url }) +
      plain('by-login', { proxy: login, bearer_token: 'for-the-server' }) +
      tls('by-login-tunnel', { proxy: login, bearer_token: 'for-the-server' }) +
      plain('no-login', { proxy: closed.url }) +
      tls('no-login-tunnel', { proxy: closed.url }),
  );
  for (const name of ['by-http', 'by-tunnel', 'by-login', 'by-login-tunnel']) {
    t.equal(status(applied, name), 'changed', `${name} ${errors(applied, name)}`);
  }
  t.same(
    open.asked.map(({ line }) => line),
    [`GET http://127.0.0.1:${server.port}/by-http`, `CONNECT localhost:${secure.port}`],
  );
  t.notOk(site.asked('/by-login')[0]?.headers['proxy-authorization']);
  t.notOk(secure.asked.some(({ headers }) => headers['proxy-authorization']));
  t.equal(secure.asked.at(-1)?.headers.authorization, 'Bearer for-the-server');
  t.match(errors(applied, 'no-login'), [
    /HTTP 407, .*; the proxy wants to know who asks; put user and password into proxy's URL$/,
  ]);
  t.match(errors(applied, 'no-login-tunnel'), [/407.*; .*user and password/]);

  open.asked.length = 0;
  const byEnvironment = await node.apply(plain('by-env', {}) + tls('by-env-tunnel', {}), {
    env: { http_proxy: open.url, https_proxy: open.url, no_proxy: '' },
  });
  t.equal(byEnvironment.code, 2, byEnvironment.stderr);
  t.equal(open.asked.length, 2);
  const spared = await node.apply(plain('by-no-proxy', {}), {
    env: { http_proxy: open.url, no_proxy: '127.0.0.1' },
  });
  t.equal(spared.code, 2, spared.stderr);
  t.equal(open.asked.length, 2);
});

t.test('through a socket', async (t) => {
  const path = join(node.dir, 'server.sock');
  const seen: string[] = [];
  const local = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    response.end();
  });
  local.listen(path);
  await once(local, 'listening');
  t.teardown(() => local.close());
  const applied = await node.apply(
    resource('http', 'images/prune', { ensure: 'post', fqdn: 'docker', unix_socket: path }) +
      resource('http', 'no-socket', { fqdn: 'docker', unix_socket: '/no/such.sock', retries: 0 }),
  );
  t.equal(status(applied, 'images/prune'), 'changed', applied.stderr);
  t.same(seen, ['POST /images/prune docker']);
  t.match(errors(applied, 'no-socket'), [/unix_socket/]);
});
