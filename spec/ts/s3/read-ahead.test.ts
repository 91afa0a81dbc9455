import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { type Pin, parsePin } from '../../../ts/s3/checksum.js';
import { DEFAULT_CLIENT_OPTIONS, S3Client } from '../../../ts/s3/client.js';
import { ReadAhead } from '../../../ts/s3/read-ahead.js';
import { s3Error } from '../../support/faults/answer.js';
import { cutShort, flipBit } from '../../support/faults/body.js';
import { checksums } from '../../support/faults/header.js';
import { kms } from '../../support/faults/kms.js';
import { startProxy } from '../../support/proxy.js';
import { type Rgw, useRgw } from '../../support/rgw.js';
import { type Bucket, s3Admin } from '../../support/s3-admin.js';

const MiB = 2 ** 20;
const small = Buffer.from('s'.repeat(600));
const hash = (name: string, bytes: Buffer) => createHash(name).update(bytes);
const ROOM_FOR_ONE = 1000;

let rgw: Rgw;
let bucket: Bucket;

t.before(async () => {
  rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  bucket = await admin.makeBucket();
  await bucket.put('small', small);
  await bucket.put('empty', '');
  await bucket.put('largest', Buffer.alloc(MiB));
  await bucket.put('larger', Buffer.alloc(MiB + 1));
  await bucket.multipart('parts', small, 5 * MiB);
});

async function setUp(t: Test, mostBytes?: number) {
  const proxy = await startProxy({ target: rgw.endpoint });
  t.teardown(() => proxy.stop());
  const client = new S3Client(
    {
      endpoint: proxy.endpoint,
      access_key_id: rgw.accessKeyId,
      secret_access_key: rgw.secretAccessKey,
    },
    {
      ...DEFAULT_CLIENT_OPTIONS,
      retries: { ...DEFAULT_CLIENT_OPTIONS.retries, baseDelayMs: 1, maxDelayMs: 1 },
      log: () => undefined,
      keepSecret: () => undefined,
    },
  );
  t.teardown(() => client.close());
  const ahead = new ReadAhead(mostBytes);
  const fetch = async (key: string, { path = key, pin }: { path?: string; pin?: Pin } = {}) => {
    const remote = await client.head(bucket.name, key);
    ahead.begin({ remote, target: path, ...(pin ? { pin } : {}) }, client);
    return remote;
  };
  /** The bytes that are at hand once they are fetched. */
  const bytesOf = async (key: string, more: { path?: string; pin?: Pin } = {}) => {
    const remote = await fetch(key, more);
    return (await ahead.take(more.path ?? key, remote))?.bytes;
  };
  return { proxy, client, ahead, fetch, bytesOf };
}

t.test('a small object is brought, once', async (t) => {
  const { proxy, ahead, fetch } = await setUp(t);
  for (const [key, body] of Object.entries({ small, empty: Buffer.alloc(0) })) {
    const remote = await fetch(key);
    const md5 = hash('md5', body).digest('hex');
    t.match(remote, { key, etag: md5, size: body.length });
    t.strictSame(await ahead.take(key, remote), {
      bytes: body,
      arrival: { remote, digests: { md5 } },
    });
    t.equal(await ahead.take(key, remote), undefined, 'once');
  }
  t.strictSame(proxy.counts(), { HEAD: 2, GET_OBJECT: 2 });
});

t.test('a larger one is left to its turn', async (t) => {
  const { proxy, ahead, fetch, bytesOf } = await setUp(t);
  t.equal((await bytesOf('largest'))?.length, MiB);
  const remote = await fetch('larger');
  t.match(remote, { size: MiB + 1, etag: /^[0-9a-f]{32}$/ });
  t.equal(await ahead.take('larger', remote), undefined);
  t.strictSame(proxy.counts(), { HEAD: 2, GET_OBJECT: 1 });
});

t.test('it can be had while it is still on its way', async (t) => {
  const { proxy, ahead, fetch } = await setUp(t);
  proxy.latencyMs = 50;
  t.strictSame((await ahead.take('small', await fetch('small')))?.bytes, small);
  t.strictSame(proxy.counts(), { HEAD: 1, GET_OBJECT: 1 });
});

t.test('one that was replaced since it was asked for is not taken for what it was', async (t) => {
  const { client, ahead, fetch, bytesOf } = await setUp(t, ROOM_FOR_ONE);
  await bucket.put('replaced', small);
  await fetch('replaced');
  await bucket.put('replaced', Buffer.from('r'.repeat(600)));
  t.equal(await ahead.take('replaced', await client.head(bucket.name, 'replaced')), undefined);
  t.strictSame(await bytesOf('small'), small);
});

t.test('what is pinned is kept, and nothing else', async (t) => {
  const { bytesOf } = await setUp(t);
  const pin = (bytes: Buffer) => parsePin(`sha256:${hash('sha256', bytes).digest('hex')}`);
  t.strictSame(await bytesOf('small', { pin: pin(small) }), small);
  t.equal(await bytesOf('small', { pin: pin(Buffer.from('else')) }), undefined);
});

t.test('damaged bytes are not kept, by whatever S3 vouches for', async (t) => {
  const { proxy, bytesOf } = await setUp(t);
  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, flipBit(100));
  t.equal(await bytesOf('small'), undefined);
  proxy.fault({ times: 2 }, checksums({ small: { sha256: Buffer.alloc(32).toString('base64') } }));
  t.equal(await bytesOf('small'), undefined);
  t.strictSame(await bytesOf('small'), small);
});

t.test('a body that was cut is fetched anew, without a rest of the first', async (t) => {
  const { proxy, bytesOf } = await setUp(t);
  proxy.fault({ operation: 'GET_OBJECT', times: 2 }, cutShort(300));
  t.strictSame(await bytesOf('small'), small);
  t.equal(proxy.counts().GET_OBJECT, 3);
});

t.test('what S3 vouches for by nothing is kept, as it is in its turn', async (t) => {
  const { proxy, ahead, fetch } = await setUp(t);
  proxy.fault({}, kms(rgw));
  const remote = await fetch('small');
  t.match(await ahead.take('small', remote), {
    bytes: small,
    arrival: { digests: { sha256: hash('sha256', small).digest('hex') } },
  });
});

t.test('an upload in parts is left to its turn, unless a checksum proves it', async (t) => {
  const { proxy, ahead, fetch } = await setUp(t);
  const remote = await fetch('parts');
  t.match(remote, { etag: /-1$/, size: small.length });
  t.equal(await ahead.take('parts', remote), undefined);
  const sha256 = hash('sha256', small).digest('base64');
  proxy.fault({}, checksums({ parts: { sha256 } }));
  t.strictSame((await ahead.take('parts', await fetch('parts')))?.bytes, small);
});

t.test('memory has an end, and what is given up or taken makes room', async (t) => {
  const { proxy, ahead, fetch, bytesOf } = await setUp(t, ROOM_FOR_ONE);
  const remote = await fetch('small', { path: 'first' });
  t.equal(await bytesOf('small', { path: 'second' }), undefined, 'as it is full');
  t.ok(await ahead.take('first', remote));
  const wrong = parsePin(`md5:${'0'.repeat(32)}`);
  t.equal(await bytesOf('small', { pin: wrong }), undefined);
  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, flipBit(1));
  t.equal(await bytesOf('small'), undefined);
  proxy.fault({ operation: 'GET_OBJECT', times: 5 }, cutShort(300));
  t.equal(await bytesOf('small'), undefined);
  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, s3Error(403, 'AccessDenied'));
  t.equal(await bytesOf('small'), undefined);
  t.equal(await bytesOf('larger'), undefined);
  t.equal(await bytesOf('parts'), undefined);
  t.strictSame(await bytesOf('small'), small);
});
