import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { chunks, type Fault, wholeBody } from '../support/fault.js';
import { s3Admin } from '../support/s3-admin.js';
import { sessionKeys } from '../support/session-keys.js';
import { type Code, resource, sensitive } from './support/manifest.js';
import type { Applied } from './support/puppet.js';
import { outcome, startSite } from './support/site.js';

const site = await startSite(t);
const { bucket, proxy, node, path, s3, rgw } = site;
const session = await sessionKeys(rgw);
const { endpoint } = proxy;
await bucket.putAll([
  ['app', 'app\n'],
  ['late', 'late\n'],
  ['tree/file', 'file\n'],
]);

const othersAdmin = s3Admin({ endpoint: rgw.endpoint, ...rgw.other });
t.teardown(() => othersAdmin.close());
const others = await othersAdmin.makeBucket();
await others.put('app', 'app of others\n');

/** As real ones do, it holds characters that URLs, JSON and XML write in other ways. */
function secret(name: string): string {
  return `${name}/Secret+of="2" & <7>%${randomBytes(8).toString('hex')}`;
}

/** In a file that only the machine has, for a function that runs there. */
function deferred(file: string): Code {
  return { code: `Deferred('file', ['${file}'])` };
}

function keep(name: string, text: string): string {
  const file = join(node.home, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Where Puppet's agent keeps the catalog it was given, too. */
const cachedCatalog = ['--catalog_cache_terminus=json'];
const isCatalog = (file: string) => /^client_data\/catalog\//.test(relative(node.vardir, file));

function spellings(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ];
}

function seen(applied: Applied, secret: string): string[] {
  const places: Record<string, string> = {
    stdout: applied.stdout,
    stderr: applied.stderr,
    argv: applied.processes.map(({ argv }) => argv).join('\n'),
    environment: applied.processes.map(({ env }) => env).join('\n'),
    report: JSON.stringify([applied.report]),
  };
  const holds = (text: string) => spellings(secret).some((spelling) => text.includes(spelling));
  return [
    ...Object.entries(places).flatMap(([place, text]) => (holds(text) ? [place] : [])),
    ...new Set(spellings(secret).flatMap((spelling) => node.filesWith(spelling))),
  ];
}

function nowhere(t: Test, applied: Applied, secrets: Record<string, string>): void {
  for (const [name, secret] of Object.entries(secrets)) t.same(seen(applied, secret), [], name);
}

t.test('a secret is nowhere to be seen', async (t) => {
  const inCatalog = {
    plain: rgw.secretAccessKey,
    sensitive: session.secretAccessKey,
    token: session.sessionToken,
    'wrong-plain': secret('plain'),
    'wrong-sensitive': secret('sensitive'),
    'wrong-token': secret('token'),
    'customer-key': randomBytes(32).toString('base64'),
    digits: rgw.other.secretAccessKey,
  };
  const onMachine = {
    'wrong-deferred': secret('deferred'),
    'wrong-sensitive-deferred': secret('sensitive-deferred'),
    'wrong-profile': secret('profile'),
  };
  const inEnvironment = secret('environment');
  mkdirSync(join(node.home, '.aws'));
  writeFileSync(
    join(node.home, '.aws', 'credentials'),
    `[builds]\naws_access_key_id = ${rgw.accessKeyId}\n` +
      `aws_secret_access_key = ${onMachine['wrong-profile']}\n`,
  );
  const assumed: Record<string, string> = {};
  const remember: Fault = async (_request, server) => {
    const reply = await server();
    const body = await wholeBody(reply);
    for (const name of ['SecretAccessKey', 'SessionToken']) {
      assumed[name] = RegExp(`<${name}>(.*?)</${name}>`).exec(body.toString())?.[1] ?? '';
    }
    return { ...reply, body: chunks(body) };
  };
  proxy.fault({ operation: 'POST', times: 1 }, remember);

  const temporary = {
    access_key_id: session.accessKeyId,
    secret_access_key: sensitive(session.secretAccessKey),
    session_token: sensitive(session.sessionToken),
  };
  // As Hiera has them without quotes.
  const digits = (secret_access_key: Code) => ({
    source: `/${others.name}/app`,
    access_key_id: rgw.other.accessKeyId,
    secret_access_key,
  });
  const source = `/${bucket.name}/app`;
  const unkeyed = (name: string, attributes = {}) =>
    resource('s3', path(name), { source, endpoint, ...attributes });
  const wrong = {
    'wrong-plain': s3('wrong-plain', 'app', { secret_access_key: inCatalog['wrong-plain'] }),
    'wrong-sensitive': s3('wrong-sensitive', 'tree/', {
      secret_access_key: sensitive(inCatalog['wrong-sensitive']),
    }),
    'wrong-deferred': s3('wrong-deferred', 'app', {
      secret_access_key: deferred(keep('deferred', onMachine['wrong-deferred'])),
    }),
    'wrong-sensitive-deferred': s3('wrong-sensitive-deferred', 'app', {
      secret_access_key: {
        code: `Sensitive(${
          deferred(keep('sensitive-deferred', onMachine['wrong-sensitive-deferred'])).code
        })`,
      },
    }),
    'wrong-profile': unkeyed('wrong-profile', { profile: 'builds' }),
    'wrong-environment': unkeyed('wrong-environment'),
  };
  const right = {
    plain: s3('plain', 'app'),
    sensitive: s3('sensitive', 'app', temporary),
    'sensitive-tree': s3('sensitive-tree', 'tree/', temporary),
    digits: s3('digits', 'app', digits({ code: inCatalog.digits })),
    'sensitive-digits': s3(
      'sensitive-digits',
      'app',
      digits({ code: `Sensitive(${inCatalog.digits})` }),
    ),
    'by-role': s3('by-role', 'app', { role_arn: rgw.roleArn }),
    // Wrong too, but this server takes no notice of either.
    'wrong-token': s3('wrong-token', 'app', { session_token: inCatalog['wrong-token'] }),
    'customer-key': s3('customer-key', 'app', {
      sse_customer_key: sensitive(inCatalog['customer-key']),
    }),
  };
  const applied = await node.apply([...Object.values(right), ...Object.values(wrong)].join(''), {
    debug: true,
    watch: true,
    args: ['--trace', ...cachedCatalog],
    env: { AWS_ACCESS_KEY_ID: rgw.accessKeyId, AWS_SECRET_ACCESS_KEY: inEnvironment },
  });
  t.equal(applied.code, 6, applied.stderr);
  const status = (name: string) => outcome(applied, path(name)).status;
  for (const name of Object.keys(right)) t.equal(status(name), 'changed', name);
  for (const name of Object.keys(wrong)) t.equal(status(name), 'failed', name);

  t.test('the watch saw what there was to see', async (t) => {
    t.ok(applied.processes.some(({ argv, env }) => argv.includes('s3.cjs') && env !== ''));
    t.match(seen(applied, inEnvironment), ['environment'], 'where the operator put it, no more');
    t.equal(seen(applied, inEnvironment).length, 1);
  });
  t.test('that only the machine has: neither in a catalog', async (t) => {
    nowhere(t, applied, onMachine);
  });
  t.test('of a role', async (t) => {
    t.match(assumed, { SecretAccessKey: /./, SessionToken: /./ });
    nowhere(t, applied, assumed);
  });
  t.test('of a manifest: in the catalog alone, as Puppet has it', async (t) => {
    for (const [name, secret] of Object.entries(inCatalog)) {
      const places = seen(applied, secret);
      t.equal(places.length, 1, `${name}: ${places}`);
      t.ok(places.every(isCatalog), name);
    }
  });
});

t.test('a Deferred that is resolved in its turn', async (t) => {
  const malformed = secret('malformed');
  const [key, late] = [keep('key', rgw.secretAccessKey), join(node.home, 'late')];
  proxy.reset();
  const applied = await node.apply(
    resource('exec', `cp ${key} ${late}`, { path: '/bin:/usr/bin' }) +
      s3('late', 'late', { secret_access_key: deferred(late) }) +
      s3('malformed', 'late', { sse_customer_key: deferred(keep('malformed', malformed)) }),
    { debug: true, watch: true, args: ['--trace', '--no-preprocess_deferred'] },
  );
  t.test('is known when it is needed, and no request is made without it', async (t) => {
    t.equal(outcome(applied, path('late')).status, 'changed');
    t.equal(readFileSync(path('late'), 'utf8'), 'late\n');
    t.same(proxy.counts(), { HEAD: 1, GET_OBJECT: 1 });
  });
  t.test('and is malformed ends the run, as Puppet has it, unseen', async (t) => {
    t.equal(applied.code, 1);
    t.match(applied.stderr, 'sse_customer_key must be 32 bytes in base64');
    nowhere(t, applied, { malformed });
  });
});
