import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startCredentialServer } from '../support/credentials.js';
import { otherRegion, otherSigningRegion } from '../support/faults/answer.js';
import { freePort } from '../support/free-port.js';
import { sessionKeys } from '../support/session-keys.js';
import { type Attributes, sensitive } from './support/manifest.js';
import { outcome, said, startSite } from './support/site.js';

const site = await startSite(t);
const { bucket, proxy, node, path, rgw } = site;
const session = await sessionKeys(rgw);
const none = { access_key_id: undefined, secret_access_key: undefined };

await bucket.putAll([
  ['private', 'private\n'],
  ['tree/file', 'of a tree\n'],
]);
const shared = join(node.home, '.aws');
mkdirSync(shared);
const profile = (name: string, keys: { accessKeyId: string; secretAccessKey: string }) =>
  `[${name}]\naws_access_key_id = ${keys.accessKeyId}\naws_secret_access_key = ${keys.secretAccessKey}\n`;

/** Who has signed the requests for this key, by access key; '' for nobody. */
function signers(key: string, inBucket = bucket.name): string[] {
  const seen = proxy.requests.filter((seen) => seen.bucket === inBucket && seen.key === key);
  return [
    ...new Set(
      seen.map(({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1] ?? ''),
    ),
  ];
}

t.test('credentials that the resource names', async (t) => {
  const open = await site.admin.makeBucket();
  await open.put('public', 'public\n');
  await open.allowAnyone('s3:GetObject');
  const keys = [
    'plain',
    'sensitive',
    'token',
    'profile',
    'role',
    'no-role',
    'nobody',
    'environment',
  ];
  await bucket.putAll(keys.map((key) => [key, `${key}\n`] as const));
  writeFileSync(join(shared, 'credentials'), profile('builder', rgw));

  const { accessKeyId, secretAccessKey } = rgw;
  const cases: Record<string, Attributes> = {
    plain: { access_key_id: accessKeyId, secret_access_key: secretAccessKey },
    sensitive: {
      access_key_id: sensitive(accessKeyId),
      secret_access_key: sensitive(secretAccessKey),
    },
    token: {
      access_key_id: session.accessKeyId,
      secret_access_key: sensitive(session.secretAccessKey),
      session_token: sensitive(session.sessionToken),
    },
    profile: { ...none, profile: 'builder' },
    role: { role_arn: rgw.roleArn, external_id: 'of-the-partner' },
    'no-role': { role_arn: 'arn:aws:iam:::role/NoSuchRole' },
    nobody: { ...none, anonymous: true },
    environment: none,
  };
  const applied = await node.apply(
    Object.entries(cases)
      .map(([key, attributes]) => site.s3(key, key, attributes))
      .concat(
        site.s3('public', 'public', { ...none, anonymous: true, source: `/${open.name}/public` }),
        site.s3('no-profile', 'private', { ...none, profile: 'missing' }),
      )
      .join(''),
    { env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } },
  );
  t.equal(applied.code, 6);
  for (const key of ['plain', 'sensitive', 'profile', 'environment']) {
    t.test(key, async (t) => {
      t.equal(readFileSync(path(key), 'utf8'), `${key}\n`);
      t.same(signers(key), [accessKeyId]);
    });
  }
  t.test('a session token goes with its keys', async (t) => {
    t.equal(readFileSync(path('token'), 'utf8'), 'token\n');
    t.same(signers('token'), [session.accessKeyId]);
  });
  t.test('a role is assumed at the endpoint, once, and signs by what STS gave', async (t) => {
    t.equal(readFileSync(path('role'), 'utf8'), 'role\n');
    const [signer] = signers('role');
    t.not(signer, accessKeyId);
    const seen = proxy.requests.find(({ key }) => key === 'role');
    t.ok(seen?.headers['x-amz-security-token']);
  });
  t.test('a role that cannot be assumed is named', async (t) => {
    const { errors } = outcome(applied, path('no-role'));
    t.equal(errors.length, 1);
    t.match(errors[0], `s3://${bucket.name}/no-role`);
    t.match(errors[0], /cannot assume arn:aws:iam:::role\/NoSuchRole at http.*; check role_arn/);
  });
  t.test('anonymous signs nothing', async (t) => {
    t.equal(readFileSync(path('public'), 'utf8'), 'public\n');
    t.same(signers('public', open.name), ['']);
    t.same(signers('nobody'), ['']);
    t.match(outcome(applied, path('nobody')).errors, [/access denied/]);
  });
  t.test('a profile that is not there is named', async (t) => {
    t.match(outcome(applied, path('no-profile')).errors, [/profile 'missing' gives none/]);
  });
});

t.test("credentials of the SDK's chain", async (t) => {
  const server = await startCredentialServer(session);
  t.teardown(() => server.stop());
  const tokenFile = join(node.dir, 'web-identity');
  writeFileSync(tokenFile, 'web-identity');
  const nowhere = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  };
  const chain: [string, Record<string, string>, string][] = [
    ['session of the environment', environmentOf(session), session.accessKeyId],
    ['web identity', { ...nowhere, ...server.webIdentityEnv(tokenFile) }, session.accessKeyId],
    ['container', { ...nowhere, ...server.containerEnv }, session.accessKeyId],
    ['instance metadata', server.instanceEnv, session.accessKeyId],
  ];
  writeFileSync(join(shared, 'credentials'), '');
  for (const [at, [name, env, signer]] of chain.entries()) {
    await t.test(name, async (t) => {
      proxy.reset();
      const applied = await node.apply(
        site.s3(`chain-${at}`, 'private', none) + site.s3(`chain-tree-${at}`, 'tree/', none),
        { env },
      );
      t.equal(applied.code, 2, applied.stderr);
      t.equal(readFileSync(path(`chain-${at}`), 'utf8'), 'private\n');
      t.equal(readFileSync(path(`chain-tree-${at}/file`), 'utf8'), 'of a tree\n');
      t.same(signers('private'), [signer]);
    });
  }
  t.test('each is asked no more than once a run', async (t) => {
    for (const line of ['GET /container', 'POST /', 'PUT /latest/api/token']) {
      t.equal(server.requests.filter((request) => request === line).length, 1, line);
    }
  });

  await t.test('shared files', async (t) => {
    writeFileSync(join(shared, 'credentials'), profile('default', rgw));
    proxy.reset();
    const applied = await node.apply(site.s3('shared', 'private', none), { env: nowhere });
    t.equal(applied.code, 2, applied.stderr);
    t.same(signers('private'), [rgw.accessKeyId]);
  });
  await t.test('none at all: the message says where was looked, and what to set', async (t) => {
    writeFileSync(join(shared, 'credentials'), '');
    const applied = await node.apply(
      site.s3('lost', 'private', none) + site.s3('found', 'private'),
      { env: nowhere },
    );
    const { errors } = outcome(applied, path('lost'));
    t.equal(errors.length, 1);
    t.match(errors[0], `s3://${bucket.name}/private`);
    t.match(errors[0], /no AWS credentials: none in environment, shared files, web identity/);
    t.match(errors[0], /set access_key_id and secret_access_key, profile, or anonymous => true/);
    t.equal(readFileSync(path('found'), 'utf8'), 'private\n');
  });
});

t.test('a bucket in another region is followed', async (t) => {
  const [redirecting, refusing] = [await site.admin.makeBucket(), await site.admin.makeBucket()];
  for (const there of [redirecting, refusing]) {
    await there.putAll([
      ['object', 'far away\n'],
      ['tree/file', 'far away, too\n'],
    ]);
  }
  proxy.fault({ where: ({ bucket }) => bucket === redirecting.name }, otherRegion('eu-central-1'));
  proxy.fault(
    { where: ({ bucket }) => bucket === refusing.name },
    otherSigningRegion('ap-southeast-2'),
  );
  proxy.reset();
  const manifest = [redirecting, refusing]
    .flatMap(({ name }, at) => [
      site.s3(`region-${at}`, '', { source: `/${name}/object`, region: 'us-west-1' }),
      site.s3(`region-tree-${at}`, '', { source: `s3://${name}/tree/` }),
    ])
    .join('');
  const applied = await node.apply(manifest, { debug: true });
  t.equal(applied.code, 2, applied.stderr);
  for (const at of [0, 1]) {
    t.equal(readFileSync(path(`region-${at}`), 'utf8'), 'far away\n');
    t.equal(readFileSync(path(`region-tree-${at}/file`), 'utf8'), 'far away, too\n');
  }
  t.match(said(applied, 'debug').join('\n'), `bucket '${redirecting.name}' is in eu-central-1`);
  t.ok(proxy.requests.some(({ headers }) => headers.authorization?.includes('/eu-central-1/s3/')));
  t.equal((await node.apply(manifest)).code, 0);
});

function environmentOf(keys: typeof session): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
  };
}
