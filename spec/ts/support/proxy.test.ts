import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import t, { type Test } from 'tap';
import {
  hang,
  otherRegion,
  otherSigningRegion,
  reset,
  s3Error,
} from '../../support/faults/answer.js';
import {
  callAfter,
  cutShort,
  flipBit,
  hangAfter,
  resetAfter,
  trickle,
} from '../../support/faults/body.js';
import { changedHeaders, checksums, partHeads } from '../../support/faults/header.js';
import { kms, opaqueEtag } from '../../support/faults/kms.js';
import { extraKey, listedAs, listedEtag, truncatedListing } from '../../support/faults/listing.js';
import { startProxy } from '../../support/proxy.js';
import { type Rgw, useRgw } from '../../support/rgw.js';
import { type Bucket, s3Admin } from '../../support/s3-admin.js';

const text = 'x'.repeat(100_000);
let rgw: Rgw;
let bucket: Bucket;

t.before(async () => {
  rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  bucket = await admin.makeBucket();
  await bucket.allowAnyone('s3:GetObject', 's3:ListBucket');
  await bucket.putAll([
    ['dir/a&b', 'a'],
    ['dir/c d', 'c'],
    ['object', text],
  ]);
});

const etagOf = (body: string) => `"${createHash('md5').update(body).digest('hex')}"`;

/** A proxy in front of the gateway, and the object behind it as anyone may fetch it. */
async function setUp(t: Test, options: { latencyMs?: number } = {}) {
  const proxy = await startProxy({ target: rgw.endpoint, ...options });
  t.teardown(() => proxy.stop());
  const root = `${proxy.endpoint}/${bucket.name}`;
  return { proxy, root, url: `${root}/object` };
}

function client(endpoint: string, region = 'us-east-1'): S3Client {
  const { accessKeyId, secretAccessKey } = rgw;
  const credentials = { accessKeyId, secretAccessKey };
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials, maxAttempts: 1 });
}

t.test('it passes signed requests on, untouched, and counts them', async (t) => {
  const { proxy } = await setUp(t);
  const admin = s3Admin({ ...rgw, endpoint: proxy.endpoint });
  t.teardown(() => admin.close());
  const signed = await admin.makeBucket();
  await signed.put('dir/a +%é', 'hello');
  await signed.multipart('large', Buffer.alloc(6 * 2 ** 20), 5 * 2 ** 20);
  t.equal((await signed.head('dir/a +%é')).ContentLength, 5);
  t.equal((await signed.list()).length, 2);
  t.same(proxy.counts(), { BUCKET: 1, PUT: 3, POST: 2, HEAD: 2, LIST: 1 });
  t.match(proxy.requests[1], { method: 'PUT', key: 'dir/a +%é', status: 200, bytes: 0 });
  proxy.reset();
  t.same(proxy.counts(), {});
});

t.test('an answer is held back by the latency', async (t) => {
  const { proxy, url } = await setUp(t, { latencyMs: 80 });
  const start = performance.now();
  t.equal(await (await fetch(url)).text(), text);
  t.ok(performance.now() - start >= 75);
  t.match(proxy.requests, [{ operation: 'GET_OBJECT', status: 200, bytes: text.length }]);
});

t.test('an error is told in XML, for as many requests as asked', async (t) => {
  const { proxy, url } = await setUp(t);
  proxy.fault({ key: 'object', skip: 1, times: 2 }, s3Error(503, 'SlowDown'));
  const statuses = [];
  for (let i = 0; i < 4; i++) statuses.push((await fetch(url)).status);
  t.same(statuses, [200, 503, 503, 200]);
  proxy.fault({ operation: ['GET_OBJECT'] }, s3Error(400, 'ExpiredToken'));
  t.match(await (await fetch(url)).text(), /<Error><Code>ExpiredToken<\/Code>/);
  t.equal((await fetch(url, { method: 'HEAD' })).status, 200, 'HEAD is another operation');
  proxy.clearFaults();
  t.equal((await fetch(url)).status, 200);
});

t.test('a connection is reset, hangs, or ends too early', async (t) => {
  const { proxy, url } = await setUp(t);
  const code = (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.name;
  const failure = (signal?: AbortSignal) =>
    fetch(url, signal ? { signal } : {})
      .then((answer) => answer.text())
      .then(() => 'no error', code);

  for (const [fault, expected] of [
    [reset, 'ECONNRESET'],
    [resetAfter(5000), 'ECONNRESET'],
    [cutShort(5000), 'UND_ERR_SOCKET'],
    [cutShort(0), 'UND_ERR_SOCKET'],
  ] as const) {
    proxy.fault({ times: 1 }, fault);
    t.equal(await failure(), expected);
  }
  for (const fault of [hang, hangAfter(5000), hangAfter(0)]) {
    proxy.fault({ times: 1 }, fault);
    t.equal(await failure(AbortSignal.timeout(300)), 'TimeoutError');
  }
  t.same(
    proxy.requests.map(({ status, bytes }) => [status, bytes]),
    [
      [0, 0],
      [200, 5000],
      [200, 5000],
      [200, 0],
      [0, 0],
      [200, 5000],
      [200, 0],
    ],
  );
});

t.test('a body has a flipped bit, trickles, or waits for an action', async (t) => {
  const { proxy, url } = await setUp(t);
  proxy.fault({ times: 1 }, flipBit(99_999));
  t.equal(await (await fetch(url)).text(), `${'x'.repeat(99_999)}y`);

  proxy.fault({ times: 1 }, trickle(400_000));
  const start = performance.now();
  t.equal(await (await fetch(url)).text(), text);
  t.ok(performance.now() - start > 200);

  let called = 0;
  const action = async () => {
    called = proxy.requests.at(-1)?.bytes ?? -1;
    await bucket.put('object', 'z'.repeat(100_000));
  };
  proxy.fault({ times: 1 }, callAfter(1000, action));
  t.equal(await (await fetch(url)).text(), text, 'the old body to its end');
  t.equal(called, 1000);
  t.equal((await fetch(url)).headers.get('etag'), etagOf('z'.repeat(100_000)));
  await bucket.put('object', text);
});

t.test('headers are changed; checksums are told to who asks', async (t) => {
  const { proxy, url } = await setUp(t);
  proxy.fault({ times: 1 }, changedHeaders({ ETag: '"other"', 'Last-Modified': null }));
  const { headers } = await fetch(url);
  t.equal(headers.get('etag'), '"other"');
  t.notOk(headers.has('last-modified'));

  proxy.fault({}, checksums({ object: { crc32: 'AAAAAA==' } }));
  const plain = await fetch(url, { method: 'HEAD' });
  t.notOk(plain.headers.has('x-amz-checksum-crc32'));
  const asked = await fetch(url, { method: 'HEAD', headers: { 'x-amz-checksum-mode': 'ENABLED' } });
  t.equal(asked.headers.get('x-amz-checksum-crc32'), 'AAAAAA==');
  t.equal(asked.headers.get('x-amz-checksum-type'), 'FULL_OBJECT');

  proxy.fault({}, partHeads({ object: { size: 100_000, partSize: 60_000 } }));
  const part = await fetch(`${url}?partNumber=2`, { method: 'HEAD' });
  t.equal(part.status, 206);
  t.equal(part.headers.get('content-length'), '40000');
  t.equal(part.headers.get('x-amz-mp-parts-count'), '2');
});

t.test('a KMS object shows one opaque ETag everywhere, and keeps its conditions', async (t) => {
  const { proxy, root } = await setUp(t);
  proxy.fault({}, kms(rgw));
  const s3 = client(proxy.endpoint);
  t.teardown(() => s3.destroy());
  const object = { Bucket: bucket.name, Key: 'object' };
  const head = await s3.send(new HeadObjectCommand(object));
  t.equal(head.ETag, opaqueEtag(etagOf(text)));
  t.equal(head.ServerSideEncryption, 'aws:kms');
  const shown = head.ETag ?? '';
  t.match(await (await fetch(root)).text(), shown.replaceAll('"', '&quot;'));

  const matching = await s3.send(new GetObjectCommand({ ...object, IfMatch: shown }));
  t.equal(await matching.Body?.transformToString(), text);
  await t.rejects(s3.send(new GetObjectCommand({ ...object, IfNoneMatch: shown })));
  t.equal(proxy.requests.at(-1)?.status, 304);
  await bucket.put('object', 'new');
  await t.rejects(s3.send(new GetObjectCommand({ ...object, IfMatch: shown })), {
    name: 'PreconditionFailed',
  });
  await bucket.put('object', text);
});

t.test('a listing lies about a key, an ETag, or its end', async (t) => {
  const { proxy, root } = await setUp(t);
  const list = async () => (await fetch(`${root}?list-type=2`)).text();
  const urlEncoded = async () => (await fetch(`${root}?list-type=2&encoding-type=url`)).text();
  const whole = await list();

  proxy.fault({}, listedEtag('dir/a&b', '"feed"'));
  t.equal(await list(), whole.replace(etagOf('a').replaceAll('"', '&quot;'), '&quot;feed&quot;'));
  t.match(await urlEncoded(), '&quot;feed&quot;');
  proxy.clearFaults();

  proxy.fault({}, listedAs('dir/c d', '../c d'));
  t.equal(await list(), whole.replace('dir/c d', '../c d'));
  t.match(await urlEncoded(), '<Key>..%2Fc%20d</Key>');
  proxy.clearFaults();

  proxy.fault({}, extraKey('/etc/x', { size: 1, etag: '"1"' }));
  t.match(await list(), /<Contents><Key>\/etc\/x<\/Key>.*?<Size>1<\/Size>/);
  proxy.clearFaults();

  proxy.fault({}, truncatedListing);
  t.ok(whole.startsWith(await list()));
  t.notMatch(await list(), '</ListBucketResult>');
});

t.test('a bucket in another region answers only who signs for that one', async (t) => {
  const { proxy } = await setUp(t);
  const [near, far] = [client(proxy.endpoint), client(proxy.endpoint, 'eu-west-1')];
  t.teardown(() => [near, far].map((s3) => s3.destroy()));
  const get = () => new GetObjectCommand({ Bucket: bucket.name, Key: 'object' });

  proxy.fault({ times: 2 }, otherRegion('eu-west-1'));
  await t.rejects(near.send(get()), {
    name: 'PermanentRedirect',
    $response: { headers: { 'x-amz-bucket-region': 'eu-west-1' } },
  });
  t.equal((await far.send(get())).ContentLength, text.length);

  proxy.fault({ skip: 0, times: 2 }, otherSigningRegion('eu-west-1'));
  await t.rejects(near.send(get()), { name: 'AuthorizationHeaderMalformed', Region: 'eu-west-1' });
  t.equal((await far.send(get())).ContentLength, text.length);
});

t.test('without a server behind it, faults alone answer', async (t) => {
  const proxy = await startProxy();
  t.teardown(() => proxy.stop());
  t.equal((await fetch(proxy.endpoint)).status, 501);
  proxy.fault({}, s3Error(404, 'NoSuchBucket'));
  t.equal((await fetch(`${proxy.endpoint}/b/k`)).status, 404);
});
