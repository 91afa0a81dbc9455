import { join } from 'node:path';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import t from 'tap';
import { startCredentialServer } from '../../support/credentials.js';
import { useRgw } from '../../support/rgw.js';
import { s3Admin } from '../../support/s3-admin.js';
import { sessionKeys } from '../../support/session-keys.js';

t.test('an SDK finds keys that the gateway accepts', async (t) => {
  const rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const keys = await sessionKeys(rgw);
  t.ok(keys.sessionToken.length > 0);
  const admin = s3Admin({ ...rgw, ...keys });
  t.teardown(() => admin.close());
  const bucket = await admin.makeBucket();
  t.ok((await bucket.put('key', 'body')).etag);

  const server = await startCredentialServer(keys);
  t.teardown(() => server.stop());
  for (const [env, question] of [
    [server.instanceEnv, 'GET /latest/meta-data/iam/security-credentials/builder'],
    [server.containerEnv, 'GET /container'],
    [server.webIdentityEnv(join(t.testdir({ token: 'web-identity' }), 'token')), 'POST /'],
  ] as const) {
    t.intercept(process, 'env', {
      value: { ...bare(process.env), ...env, HOME: '/nonexistent', AWS_REGION: 'us-east-1' },
    });
    t.match(await fromNodeProviderChain()(), keys);
    t.equal(server.requests.at(-1), question);
  }
});

function bare(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')));
}
