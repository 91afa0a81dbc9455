import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { baseCredentials, remembered } from '../../../ts/s3/credentials.js';
import { startCredentialServer } from '../../support/credentials.js';

const keys = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };

/** An environment in which the SDK finds only what the test puts there. */
function environment(t: Test, env: Record<string, string>): void {
  const bare = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const nothing = { HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
  t.intercept(process, 'env', { value: { ...Object.fromEntries(bare), ...nothing, ...env } });
}

t.test('what the resource names is used, whatever else there is', async (t) => {
  environment(t, { AWS_ACCESS_KEY_ID: 'OTHER', AWS_SECRET_ACCESS_KEY: 'other' });
  const named = { access_key_id: 'AKID', secret_access_key: 'secret' };
  t.strictSame(await baseCredentials(named)(), { accessKeyId: 'AKID', secretAccessKey: 'secret' });
  t.strictSame(await baseCredentials({ ...named, session_token: 'token' })(), keys);
  t.equal(await baseCredentials({ anonymous: true })(), undefined);
});

t.test('the chain is asked for the rest', async (t) => {
  const server = await startCredentialServer(keys);
  t.teardown(() => server.stop());
  const dir = t.testdir({
    token: 'web-identity',
    credentials:
      '[builder]\naws_access_key_id = AKID\naws_secret_access_key = secret\naws_session_token = token\n',
  });
  const file = { AWS_SHARED_CREDENTIALS_FILE: join(dir, 'credentials') };
  for (const [connection, env] of [
    [
      {},
      { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' },
    ],
    [{ profile: 'builder' }, file],
    [{}, { ...file, AWS_PROFILE: 'builder' }],
    [{}, { ...server.instanceEnv, AWS_EC2_METADATA_DISABLED: 'false' }],
    [{}, server.containerEnv],
    [{}, { ...server.webIdentityEnv(join(dir, 'token')), AWS_REGION: 'us-east-1' }],
  ] as const) {
    environment(t, env);
    t.match(await baseCredentials(connection)(), keys, Object.keys(env).join(' '));
  }
});

t.test('where there are none it says where it looked, and what to do', async (t) => {
  environment(t, {});
  await t.rejects(baseCredentials({})(), {
    name: 'UserError',
    code: 'no_credentials',
    message:
      /none in environment.*instance metadata \(.+\); set access_key_id .*anonymous => true$/,
  });
  await t.rejects(baseCredentials({ profile: 'nobody' })(), {
    code: 'no_credentials',
    message: /profile 'nobody' gives none.*user who runs Puppet/,
  });
});

t.test('the chain is loaded by whom it is asked, and by no one else', async (t) => {
  const hooks = `data:text/javascript,export async function resolve(specifier, context, next) {
    if (specifier.startsWith('@aws-sdk/')) throw new Error('refused to load ' + specifier);
    return next(specifier, context);
  }`;
  const program = `
    import { register } from 'node:module';
    register(${JSON.stringify(hooks)});
    const { baseCredentials } = await import('./ts/s3/credentials.ts');
    const named = baseCredentials({ access_key_id: 'a', secret_access_key: 's' });
    console.log((await named()).accessKeyId, await baseCredentials({ anonymous: true })());
    console.log(await baseCredentials({})().catch((error) => error.message));
  `;
  const argv = ['--import', 'tsx', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  t.match(stdout.split('\n'), ['a undefined', /refused to load @aws-sdk/]);
});

t.test('what was given is asked for again only when it is about to expire', async (t) => {
  let now = 1_000_000_000;
  t.intercept(Date, 'now', { value: () => now });
  let asked = 0;
  const provider = remembered(async () => {
    asked++;
    return {
      credentials: { ...keys, accessKeyId: `key ${asked}` },
      expires: new Date(now + 3_600_000),
    };
  });
  const together = await Promise.all(Array.from({ length: 20 }, () => provider()));
  t.equal(asked, 1, 'once for all who wait');
  t.match(
    together,
    Array.from({ length: 20 }, () => ({ accessKeyId: 'key 1' })),
  );
  now += 3_600_000 - 61_000;
  t.match(await provider(), { accessKeyId: 'key 1' });
  now += 2_000;
  const later = await Promise.all(Array.from({ length: 20 }, () => provider()));
  t.equal(asked, 2, 'before it has expired, and once again for all');
  t.match(
    later,
    Array.from({ length: 20 }, () => ({ accessKeyId: 'key 2' })),
  );
});

t.test('a failure is not remembered', async (t) => {
  let asked = 0;
  const provider = remembered(async () => {
    if (++asked === 1) throw new Error('not yet');
    return { credentials: keys, expires: new Date(Date.now() + 3_600_000) };
  });
  const first = await Promise.allSettled([provider(), provider()]);
  t.strictSame(
    first.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.equal(asked, 1);
  t.strictSame(await provider(), keys);
  t.strictSame(await provider(), keys);
  t.equal(asked, 2);
});
