import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_CLIENT_OPTIONS, S3Client } from '../../../ts/s3/client.js';
import { download, type Wanted } from '../../../ts/s3/download.js';
import { fetchBeside } from '../../../ts/s3/fetch.js';
import { Incoming } from '../../../ts/s3/incoming.js';
import { callAfter, cutShort, flipBit } from '../../support/faults/body.js';
import { checksums, partHeads } from '../../support/faults/header.js';
import { kms } from '../../support/faults/kms.js';
import { startProxy } from '../../support/proxy.js';
import { type Rgw, useRgw } from '../../support/rgw.js';
import { type Bucket, s3Admin } from '../../support/s3-admin.js';

const MiB = 2 ** 20;
const text = Buffer.from('x'.repeat(300_000));
const other = Buffer.from('y'.repeat(200_000));
const large = randomBytes(11 * MiB);
const hash = (name: string, bytes: Buffer) => createHash(name).update(bytes);

let rgw: Rgw;
let bucket: Bucket;

t.before(async () => {
  rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  bucket = await admin.makeBucket();
  await bucket.put('object', text);
  await bucket.put('empty', '');
  await bucket.multipart('parts', large, 5 * MiB);
});

async function setUp(t: Test) {
  const proxy = await startProxy({ target: rgw.endpoint });
  t.teardown(() => proxy.stop());
  const logged: string[] = [];
  const client = new S3Client(
    {
      endpoint: proxy.endpoint,
      access_key_id: rgw.accessKeyId,
      secret_access_key: rgw.secretAccessKey,
    },
    {
      ...DEFAULT_CLIENT_OPTIONS,
      retries: { ...DEFAULT_CLIENT_OPTIONS.retries, baseDelayMs: 1, maxDelayMs: 1 },
      log: (level, message) => logged.push(`${level}: ${message}`),
      keepSecret: () => undefined,
    },
  );
  t.teardown(() => client.close());
  const dir = t.testdir({ state: {} });
  const target = join(dir, 'target');
  const fd = openSync(target, 'w+');
  t.teardown(() => closeSync(fd));
  const wanted = async (key: string, more: Partial<Wanted> = {}): Promise<Wanted> => ({
    remote: await client.head(bucket.name, key),
    target,
    ...more,
  });
  return { proxy, client, logged, dir, target, fd, wanted };
}

t.test('what arrives is the object, with the digests that vouch for it', async (t) => {
  const { client, target, fd, wanted } = await setUp(t);
  const { digests, remote } = await download(client, await wanted('object'), fd);
  t.strictSame(readFileSync(target), text);
  t.strictSame(digests, { md5: hash('md5', text).digest('hex') });
  t.equal(remote.size, text.length);
  const empty = await download(client, await wanted('empty'), undefined);
  t.strictSame(empty.digests, { md5: hash('md5', Buffer.alloc(0)).digest('hex') });
});

t.test('a flipped bit is found, fetched again, and fails what has it twice', async (t) => {
  const { proxy, client, logged, target, fd, wanted } = await setUp(t);
  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, flipBit(1234));
  await download(client, await wanted('object'), fd);
  t.strictSame(readFileSync(target), text);
  t.equal(proxy.counts().GET_OBJECT, 2);
  t.match(logged, [/^debug: .*what arrived is damaged: its MD5 is .*; fetching it again$/]);

  proxy.fault({ operation: 'GET_OBJECT' }, flipBit(1234));
  const object = await wanted('object');
  await t.rejects(download(client, object, fd), {
    name: 'UserError',
    code: 'damaged',
    message: new RegExp(
      `^s3://${bucket.name}/object at ${proxy.endpoint}: .*MD5 is .*\\(2 attempts\\)`,
    ),
  });
});

t.test('a body cut short is taken up anew, without a rest of the first', async (t) => {
  const { proxy, client, target, fd, wanted } = await setUp(t);
  proxy.fault({ operation: 'GET_OBJECT', times: 2 }, cutShort(100_000));
  const { digests } = await download(client, await wanted('object'), fd);
  t.strictSame(readFileSync(target), text);
  t.strictSame(digests, { md5: hash('md5', text).digest('hex') });
  t.equal(proxy.counts().GET_OBJECT, 3);
});

t.test('a checksum that S3 tells is held against the bytes, beside the ETag', async (t) => {
  const { proxy, client, fd, wanted } = await setUp(t);
  const sha256 = hash('sha256', text).digest();
  proxy.fault({ times: 2 }, checksums({ object: { sha256: sha256.toString('base64') } }));
  const { digests } = await download(client, await wanted('object'), fd);
  t.match(digests, { md5: /./, sha256: sha256.toString('hex') });
  proxy.clearFaults();
  proxy.fault({}, checksums({ object: { sha256: Buffer.alloc(32).toString('base64') } }));
  const lied = await wanted('object');
  await t.rejects(download(client, lied, fd), {
    code: 'damaged',
    message: /its sha256 is .*S3 says AAAA/,
  });
});

t.test('a pin overrules the ETag, and fails what is not it', async (t) => {
  const { proxy, client, fd, wanted } = await setUp(t);
  const pin = { algorithm: 'sha512', hex: hash('sha512', text).digest('hex') } as const;
  proxy.fault({}, kms(rgw));
  const { digests } = await download(client, await wanted('object', { pin }), fd);
  t.equal(digests.sha512, pin.hex);
  proxy.clearFaults();
  const wrong = { pin: { ...pin, hex: '00' } };
  const refused = (attempts: string) => ({
    code: 'damaged',
    message: new RegExp(
      `has sha512:${pin.hex}, the pinned checksum is sha512:00; [^;(]*${attempts}; nothing was`,
    ),
  });
  proxy.reset();
  await t.rejects(download(client, await wanted('object', wrong), fd), refused(''));
  t.equal(proxy.counts().GET_OBJECT, 1, 'at once, as S3 vouches for what arrived');
  proxy.fault({}, kms(rgw));
  proxy.reset();
  await t.rejects(
    download(client, await wanted('object', wrong), fd),
    refused(' \\(2 attempts\\)'),
  );
  t.equal(proxy.counts().GET_OBJECT, 2, 'where it does not, they may be damaged');
});

t.test('where S3 vouches for nothing, the bytes are remembered by their SHA-256', async (t) => {
  const { proxy, client, fd, wanted } = await setUp(t);
  proxy.fault({}, kms(rgw));
  const { digests } = await download(client, await wanted('object'), fd);
  t.strictSame(digests, { sha256: hash('sha256', text).digest('hex') });
});

t.test('parts are verified by their ETag; uneven ones by coming twice', async (t) => {
  const { proxy, client, fd, wanted } = await setUp(t);
  const parts = (partSize: number) => partHeads({ parts: { size: large.length, partSize } });
  proxy.fault({}, parts(5 * MiB));
  const object = await wanted('parts');
  const { digests } = await download(client, object, fd);
  t.strictSame(digests, { [`etag:${5 * MiB}`]: object.remote.etag });
  t.equal(proxy.counts().GET_OBJECT, 1);

  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, flipBit(6 * MiB));
  await download(client, object, fd);
  t.equal(proxy.counts().GET_OBJECT, 3, 'a flipped bit is found');

  proxy.clearFaults();
  proxy.fault({}, parts(4 * MiB));
  proxy.reset();
  await download(client, object, fd);
  t.equal(proxy.counts().GET_OBJECT, 2, 'the same bytes twice are what S3 has');

  proxy.reset();
  const pin = { algorithm: 'sha256', hex: hash('sha256', large).digest('hex') } as const;
  await download(client, { ...object, pin }, fd);
  t.equal(proxy.counts().GET_OBJECT, 1, 'what has its pin is right, whatever its parts were');
});

t.test('a full disk fails it with one line, and no second attempt', async (t) => {
  const { proxy, client, wanted } = await setUp(t);
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  await t.rejects(download(client, await wanted('object'), full), {
    name: 'UserError',
    code: 'ENOSPC',
    message: /target: no space left on the device; free some/,
  });
  t.equal(proxy.counts().GET_OBJECT, 1);
});

t.test('an object that is replaced in mid-download is fetched anew, never mixed', async (t) => {
  const { proxy, client, logged, dir, target, wanted } = await setUp(t);
  t.teardown(() => bucket.put('object', text));
  const replace = async () => {
    await bucket.put('object', other);
  };
  const log = (level: string, message: string) => logged.push(`${level}: ${message}`);
  const incoming = new Incoming(join(dir, 'state'));
  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, cutShort(100_000));
  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, callAfter(50_000, replace));
  const { file, arrival } = await fetchBeside(target, await wanted('object'), client, {
    incoming,
    log,
  });
  t.strictSame(readFileSync(file.path), other);
  t.equal(arrival.remote.etag, hash('md5', other).digest('hex'));
  t.match(logged.at(-1), /was replaced on S3 in mid-download, fetching the new one/);
  file.discard();
});

t.test('a download that fails leaves no file beside its target', async (t) => {
  const { proxy, client, dir, target, wanted } = await setUp(t);
  const incoming = new Incoming(join(dir, 'state'));
  const object = await wanted('object');
  proxy.fault({ operation: 'GET_OBJECT' }, flipBit(0));
  await t.rejects(fetchBeside(target, object, client, { incoming, log: () => undefined }));
  t.strictSame(readdirSync(dir).sort(), ['state', 'target']);
});
