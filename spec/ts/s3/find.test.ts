import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { DEFAULT_CLIENT_OPTIONS, S3Client } from '../../../ts/s3/client.js';
import { find, isPattern } from '../../../ts/s3/find.js';
import type { S3Resource } from '../../../ts/s3/resource.js';
import { startProxy } from '../../support/proxy.js';
import { type Rgw, useRgw } from '../../support/rgw.js';
import { type Bucket, s3Admin } from '../../support/s3-admin.js';

const keys = [
  'app/app-3.10.0-rc1.zip',
  'app/app-3.10.0.zip',
  'app/app-3.9.2.zip',
  'app/app-4.0.0.tgz',
  'app/old/app-9.0.0.zip',
  'app/star*.zip',
  ...['', '.md5', '.md5sum', '.sha1', '.sha256', '.sha512sum', '.asc', '.sig', '.SHA256'].map(
    (suffix) => `beside/app-2.0.jar${suffix}`,
  ),
  'beside/app-2.0.pom',
  'beside/app-1.0.jar',
  'eq/app-1.0',
  'eq/app-v1.0',
  'svc/svc_1.2.7.zip',
  'svc/svc_1.2.zip',
  'svc/svc_1.20.zip',
  'svc/svc_exact',
  'svc/svc_exact_9',
];
let rgw: Rgw;
let bucket: Bucket;

t.before(async () => {
  rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  bucket = await admin.makeBucket();
  await bucket.putAll(keys.map((key) => [key, key]));
});

async function setUp(t: Test) {
  const proxy = await startProxy({ target: rgw.endpoint });
  t.teardown(() => proxy.stop());
  const client = new S3Client(
    {
      endpoint: proxy.endpoint,
      access_key_id: rgw.accessKeyId,
      secret_access_key: rgw.secretAccessKey,
    },
    { ...DEFAULT_CLIENT_OPTIONS, log: () => undefined, keepSecret: () => undefined },
  );
  t.teardown(() => client.close());
  const resource = (key: string, more: Partial<S3Resource> = {}): S3Resource => ({
    path: '/x',
    ensure: 'latest',
    source: `/${bucket.name}/${key}`,
    ...more,
  });
  const keyOf = async (key: string, more: Partial<S3Resource> = {}): Promise<string> =>
    (await find(resource(key, more), client)).remote.key;
  return { proxy, client, resource, keyOf };
}

t.test('of what a pattern matches, the greatest version is meant', async (t) => {
  const { proxy, keyOf } = await setUp(t);
  t.equal(await keyOf('app/app-*.zip'), 'app/app-3.10.0.zip');
  t.equal(await keyOf('app/app-3.9.*'), 'app/app-3.9.2.zip');
  t.equal(await keyOf('app/app-[34].*'), 'app/app-4.0.0.tgz');
  t.equal(await keyOf('eq/app-*'), 'eq/app-v1.0', 'of equal ones always the same');
  t.strictSame(proxy.counts(), { LIST: 4 });
  t.strictSame(proxy.requests[0]?.query.get('prefix'), 'app/app-', 'and only those are listed');
});

t.test(
  'a literal key is asked for by one HEAD, and may hold a star as long as it is not latest',
  async (t) => {
    const { proxy, keyOf, resource } = await setUp(t);
    t.equal(await keyOf('app/app-3.9.2.zip'), 'app/app-3.9.2.zip');
    t.equal(await keyOf('app/star*.zip', { ensure: 'present' }), 'app/star*.zip');
    t.strictSame(proxy.counts(), { HEAD: 2 });
    t.notOk(isPattern(resource('app/star*.zip', { ensure: 'present' })));
    t.ok(isPattern(resource('app/star*.zip')));
  },
);

t.test('a name stands for what begins with it, and a number for itself', async (t) => {
  const { keyOf } = await setUp(t);
  const name = (key: string, ensure: 'latest' | 'present' = 'latest') =>
    keyOf(key, { ensure, name_prefix: true });
  t.equal(await name('svc/svc_'), 'svc/svc_1.20.zip');
  t.equal(await name('svc/svc_1.2'), 'svc/svc_1.2.7.zip');
  t.equal(await name('svc/svc_exact', 'present'), 'svc/svc_exact');
  t.equal(await name('svc/svc_exact'), 'svc/svc_exact_9');
  t.equal(await name('app/app-'), 'app/app-4.0.0.tgz', 'not what is in a directory below');
});

t.test('what only vouches for a build is no version of it, unless it is asked for', async (t) => {
  const { client, keyOf, resource } = await setUp(t);
  t.equal(await keyOf('beside/app-*'), 'beside/app-2.0.jar');
  t.equal(await keyOf('beside/app-', { name_prefix: true }), 'beside/app-2.0.jar');
  const { choice } = await find(resource('beside/app-*'), client);
  t.same(choice?.candidates.map(({ key }) => key).sort(), [
    'beside/app-1.0.jar',
    'beside/app-2.0.jar',
  ]);
  for (const suffix of ['.sha256', '.asc', '.md5sum'])
    t.equal(await keyOf(`beside/app-*${suffix}`), `beside/app-2.0.jar${suffix}`);
  t.equal(await keyOf('beside/app-*.pom'), 'beside/app-2.0.pom');
  const name = { name_prefix: true, ensure: 'present' as const };
  t.equal(await keyOf('beside/app-2.0.jar.sha1', name), 'beside/app-2.0.jar.sha1');
});

t.test('what is found by listing is not yet known to have an MD5 for its ETag', async (t) => {
  const { client, resource } = await setUp(t);
  const { remote, choice } = await find(resource('app/app-*.zip'), client);
  const key = 'app/app-3.10.0.zip';
  t.match(remote, { etag: createHash('md5').update(key).digest('hex'), size: key.length });
  t.equal(remote.etagIsMd5, undefined);
  t.equal(choice?.candidates.length, 3);
});

t.test('a pattern that nothing matches is an error of the user, with what to do', async (t) => {
  const { proxy, keyOf } = await setUp(t);
  await t.rejects(keyOf('app/none-*.zip'), {
    name: 'UserError',
    code: 'no_such_key',
    message: `s3://${bucket.name}/app/none-*.zip at ${proxy.endpoint}: no object matches; check source, or upload one first`,
  });
});
