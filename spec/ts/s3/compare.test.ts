import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_CLIENT_OPTIONS, S3Client } from '../../../ts/s3/client.js';
import { compare, type Subject } from '../../../ts/s3/compare.js';
import { fromListing } from '../../../ts/s3/find.js';
import { fingerprint } from '../../../ts/s3/fingerprint.js';
import { Incoming } from '../../../ts/s3/incoming.js';
import type { LedgerEntry } from '../../../ts/s3/ledger.js';
import { callAfter } from '../../support/faults/body.js';
import { changedHeaders, checksums, partHeads } from '../../support/faults/header.js';
import { kms } from '../../support/faults/kms.js';
import { startProxy } from '../../support/proxy.js';
import { type Rgw, useRgw } from '../../support/rgw.js';
import { type Bucket, s3Admin } from '../../support/s3-admin.js';

const MiB = 2 ** 20;
const right = Buffer.from('x'.repeat(1000));
const wrong = Buffer.from('y'.repeat(1000));
const parts = randomBytes(11 * MiB);
const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest('hex');

let rgw: Rgw;
let bucket: Bucket;

t.before(async () => {
  rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  bucket = await admin.makeBucket();
  await bucket.put('object', right);
  await bucket.multipart('parts', parts, 5 * MiB);
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
  const dir = t.testdir({ state: {} });
  const path = join(dir, 'file');
  const incoming = new Incoming(join(dir, 'state'));

  /** What a file with these bytes is to an object of which a HEAD was asked. */
  const subject = async (bytes: Buffer, key = 'object'): Promise<Subject> => {
    writeFileSync(path, bytes);
    const remote = await client.head(bucket.name, key);
    proxy.reset();
    const stats = lstatSync(path);
    const wanted = { remote, target: path };
    return { path, stats, wanted, entry: undefined, client, alwaysHash: false, incoming };
  };
  return { proxy, client, dir, path, subject };
}

/** What the ledger has of a file that was brought. */
function noted({ stats, wanted }: Subject, digests = { md5: md5(right) }): LedgerEntry {
  const { etag, size } = wanted.remote;
  const source = `s3://${bucket.name}/${wanted.remote.key}`;
  return { source, etag, size, digests, fingerprint: fingerprint(stats) };
}

t.test('a file that is as the last run left it needs neither its bytes nor S3', async (t) => {
  const { proxy, subject } = await setUp(t);
  const it = await subject(wrong);
  const entry = noted(it);
  t.match(await compare({ ...it, entry }), { same: true, known: true, by: /ledger.*fingerprint/ });
  t.match(await compare({ ...it, entry, alwaysHash: true }), { same: false });
  t.equal(proxy.requests.length, 0);
});

t.test('what was touched is read, and held against what once came from S3', async (t) => {
  const { proxy, path, subject } = await setUp(t);
  const it = await subject(right);
  const entry = noted(it);
  utimesSync(path, 1, 1);
  t.match(await compare({ ...it, stats: lstatSync(path), entry }), {
    same: true,
    known: false,
    by: 'its md5 is what came from S3',
  });
  writeFileSync(path, wrong);
  utimesSync(path, it.stats.atime, it.stats.mtime);
  t.strictSame(await compare({ ...it, stats: lstatSync(path), entry }), {
    same: false,
    why: 'its bytes were changed on disk',
    is: `{md5}${md5(wrong)}`,
  });
  t.equal(proxy.requests.length, 0);
});

t.test('another size is another file, by one look', async (t) => {
  const { proxy, subject } = await setUp(t);
  const it = await subject(Buffer.from('short'));
  const why = 'it has 5 bytes, the object 1000';
  t.strictSame(await compare(it), { same: false, why, is: '5 bytes' });
  const entry = { ...noted(it), etag: 'older', size: 5 };
  t.strictSame(await compare({ ...it, entry }), { same: false, why, is: '"older"' });
  t.equal(proxy.requests.length, 0);
});

t.test('a ledger that is of another object, or none, proves nothing', async (t) => {
  const { subject } = await setUp(t);
  const it = await subject(wrong);
  for (const other of [{ source: 's3://other/object' }, { etag: 'older' }, { size: 999 }]) {
    const verdict = await compare({ ...it, entry: { ...noted(it), ...other } });
    t.match(verdict, { same: false }, JSON.stringify(other));
  }
});

t.test('where a server has no ETags, none is taken for the same as none', async (t) => {
  const { proxy, subject } = await setUp(t);
  proxy.fault({}, changedHeaders({ ETag: null }));
  const it = await subject(wrong);
  t.match(await compare({ ...it, entry: noted(it) }), { same: false, why: /was fetched/ });
});

t.test('a file that was right before is adopted by its MD5, without a download', async (t) => {
  const { proxy, subject } = await setUp(t);
  t.strictSame(await compare(await subject(right)), {
    same: true,
    by: 'its md5 is what S3 vouches for',
    digests: { md5: md5(right) },
    known: false,
  });
  t.strictSame(await compare(await subject(wrong)), {
    same: false,
    why: 'its md5 is not what S3 vouches for',
    is: `{md5}${md5(wrong)}`,
  });
  t.equal(proxy.requests.length, 0);
});

t.test('the same by a multipart ETag, whether S3 tells the size of a part or not', async (t) => {
  const { proxy, subject } = await setUp(t);
  const same = { same: true, by: `its etag:${5 * MiB} is what S3 vouches for` };
  t.match(await compare(await subject(parts, 'parts')), same);
  proxy.fault({}, partHeads({ parts: { size: parts.length, partSize: 5 * MiB } }));
  t.match(await compare(await subject(parts, 'parts')), same);
  t.strictSame(proxy.counts(), { HEAD: 1 });
});

t.test('the same by a checksum that S3 keeps', async (t) => {
  const { proxy, subject } = await setUp(t);
  const sha256 = createHash('sha256').update(right).digest();
  proxy.fault({}, kms(rgw));
  proxy.fault({}, checksums({ object: { sha256: sha256.toString('base64') } }));
  t.match(await compare(await subject(right)), { same: true, by: /its sha256/ });
  t.match(await compare(await subject(wrong)), { same: false, why: /its sha256 is not/ });
  t.equal(proxy.requests.length, 0);
});

t.test(
  'where S3 vouches for nothing, the object is fetched once, and kept if it differs',
  async (t) => {
    const { proxy, dir, subject } = await setUp(t);
    proxy.fault({}, kms(rgw));
    const same = await compare(await subject(right));
    t.match(same, {
      same: true,
      by: /was fetched and has the same bytes/,
      digests: { sha256: /./ },
    });
    t.strictSame(proxy.counts(), { GET_OBJECT: 1 });
    t.strictSame(readdirSync(dir).sort(), ['file', 'state']);

    const differs = await compare(await subject(wrong));
    t.match(differs, { same: false, why: 'the object was fetched and has other bytes' });
    t.strictSame(proxy.counts(), { GET_OBJECT: 1 });
    const held = 'held' in differs ? differs.held : undefined;
    t.strictSame(readFileSync(held?.file.path ?? ''), right);
    held?.file.discard();

    const noop = await compare({ ...(await subject(wrong)), incoming: undefined });
    t.notOk('held' in noop);
    t.strictSame(readdirSync(dir).sort(), ['file', 'state'], 'in noop nothing is kept');
  },
);

t.test('fetching to compare tells how far it is, as any transfer', async (t) => {
  const { proxy, client, subject } = await setUp(t);
  const logged: string[] = [];
  Object.assign(client.options, { log: (_: string, message: string) => logged.push(message) });
  const it = await subject(right);
  const remote = { ...it.wanted.remote, etagIsMd5: false };
  // The clock goes on while the bytes come.
  const now = Date.now.bind(Date);
  let ahead = 0;
  t.intercept(Date, 'now', { value: () => now() + ahead });
  proxy.fault(
    { operation: 'GET_OBJECT' },
    callAfter(400, async () => {
      ahead = 6_000;
    }),
  );
  await compare({ ...it, wanted: { ...it.wanted, remote } });
  t.ok(
    logged.some((line) => line.startsWith(`${it.path}: `) && / of 1000 B \(\d+ %\)/.test(line)),
    logged.join('\n'),
  );
});

t.test(
  'of a listing, an MD5 that agrees proves it; one that does not is asked about',
  async (t) => {
    const { proxy, client, subject } = await setUp(t);
    const listed = async (bytes: Buffer): Promise<Subject> => {
      const it = await subject(bytes);
      const { objects } = await client.list(bucket.name, 'object');
      const remote = fromListing(bucket.name, objects[0] as (typeof objects)[0]);
      proxy.reset();
      return { ...it, wanted: { ...it.wanted, remote } };
    };
    t.match(await compare(await listed(right)), { same: true, by: /its md5/ });
    t.strictSame(proxy.counts(), {});
    t.match(await compare(await listed(wrong)), { same: false, why: /its md5 is not/ });
    t.strictSame(proxy.counts(), { HEAD: 1 });

    proxy.fault({}, kms(rgw));
    t.match(await compare(await listed(right)), { same: true, by: /was fetched/ });
    t.strictSame(
      proxy.counts(),
      { HEAD: 1, GET_OBJECT: 1 },
      'a KMS ETag is never taken for an MD5',
    );
  },
);
