import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fingerprint } from '../../ts/s3/fingerprint.js';
import { type Fault, type Match, textReply } from '../support/fault.js';
import { callAfter } from '../support/faults/body.js';
import { checksums, partHeads } from '../support/faults/header.js';
import { kms, opaqueEtag } from '../support/faults/kms.js';
import type { Applied } from './support/puppet.js';
import { leftovers, outcome, said, startSite } from './support/site.js';
import { snapshot } from './support/snapshot.js';

const MIB = 2 ** 20;
const site = await startSite(t);
const { bucket, proxy, node, path, s3, count } = site;

function statuses(applied: Applied): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of Object.values(applied.resources)) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

function below(prefix: string): NonNullable<Match['where']> {
  return ({ key, query }) => (key || (query.get('prefix') ?? '')).startsWith(prefix);
}

t.test('every kind of object', async (t) => {
  const odd = 6_000_001;
  const bodies: Record<string, Buffer> = {
    plain: Buffer.from('a plain object\n'),
    empty: Buffer.alloc(0),
    'parts-of-8-MiB': randomBytes(17 * MIB),
    'parts-of-5-MiB': randomBytes(11 * MIB),
    'parts-of-odd-size': randomBytes(13 * MIB),
    'with-crc64': randomBytes(9 * MIB),
    'with-sha256': randomBytes(7 * MIB),
  };
  const body = (key: string) => bodies[key] as Buffer;
  const sha256 = createHash('sha256').update(body('with-sha256')).digest('base64');
  const crc64 = await import('../../ts/s3/checksum.js').then(({ createDigest }) => {
    const digest = createDigest('crc64nvme');
    digest.update(body('with-crc64'));
    return Buffer.from(digest.hex(), 'hex').toString('base64');
  });
  await Promise.all([
    bucket.put('plain', body('plain')),
    bucket.put('empty', body('empty')),
    bucket.multipart('parts-of-8-MiB', body('parts-of-8-MiB'), 8 * MIB),
    bucket.multipart('parts-of-5-MiB', body('parts-of-5-MiB'), 5 * MIB),
    bucket.multipart('parts-of-odd-size', body('parts-of-odd-size'), odd),
    // Of a size that cannot be guessed, and that this server does not tell.
    bucket.multipart('with-crc64', body('with-crc64'), odd),
    bucket.multipart('with-sha256', body('with-sha256'), odd),
    bucket.put('kms/single', 'encrypted\n'),
    bucket.put('kms/tree/a', 'encrypted a\n'),
    bucket.put('kms/tree/b', 'encrypted b\n'),
    bucket.putAll(
      Array.from({ length: 1_050 }, (_, n) => [`tree/${n % 7}/${n}`, `file ${n}\n`] as const),
    ),
  ]);
  // It changes requests: innermost, so that no other fault stands between it and the server.
  proxy.fault({ where: below('kms/') }, kms(site.rgw));
  proxy.fault({}, partHeads({ 'parts-of-odd-size': { size: 13 * MIB, partSize: odd } }));
  proxy.fault({}, checksums({ 'with-crc64': { crc64nvme: crc64 }, 'with-sha256': { sha256 } }));

  const keys = Object.keys(bodies);
  const encrypted = ['kms/single', 'kms/tree/a', 'kms/tree/b'];
  const manifest = [
    ...keys.map((key) => s3(key, key)),
    s3('encrypted', 'kms/single'),
    s3('encrypted-tree', 'kms/tree/'),
    s3('tree', 'tree/'),
  ].join('');
  const resources = keys.length + 3;
  /** Of objects; a HEAD of part 1 is the question for the size of a part. */
  const heads = (key: string) =>
    proxy.requests.filter(
      (seen) => seen.operation === 'HEAD' && seen.key === key && !seen.query.has('partNumber'),
    ).length;

  await t.test('the first apply fetches each object once', async (t) => {
    const first = await node.apply(manifest);
    t.equal(first.code, 2, first.stderr);
    t.same(statuses(first), { changed: resources });
    for (const key of keys) {
      t.ok(readFileSync(path(key)).equals(body(key)), key);
      t.same([heads(key), count('GET_OBJECT', key)], [1, 1], key);
    }
    t.equal(readFileSync(path('encrypted'), 'utf8'), 'encrypted\n');
    t.equal(readFileSync(path('encrypted-tree/b'), 'utf8'), 'encrypted b\n');
    t.equal(readFileSync(path('tree/3/997'), 'utf8'), 'file 997\n');
    t.equal(proxy.counts().GET_OBJECT, keys.length + encrypted.length + 1_050);
    t.same(leftovers(site.dir), []);
  });

  await t.test(
    '1. the second apply changes nothing: a HEAD an object, LISTs for a prefix',
    async (t) => {
      proxy.reset();
      const second = await node.apply(manifest);
      t.equal(second.code, 0, second.stderr);
      t.same(statuses(second), { unchanged: resources });
      t.same(proxy.counts(), { HEAD: keys.length + 1, LIST: 3 });
      for (const key of [...keys, 'kms/single']) t.equal(count('HEAD', key), 1, key);
    },
  );

  await t.test('2. nor after the ledger is deleted', async (t) => {
    site.forget();
    proxy.reset();
    const again = await node.apply(manifest, { debug: true });
    t.equal(again.code, 0, again.stderr);
    t.same(statuses(again), { unchanged: resources });
    for (const key of keys) t.equal(count('GET_OBJECT', key), 0, key);
    // An ETag that proves nothing: these bytes alone are fetched.
    for (const key of encrypted) t.equal(count('GET_OBJECT', key), 1, key);
    t.equal(proxy.counts().GET_OBJECT, encrypted.length);
    const debug = again.stdout;
    const proofs: Record<string, string> = {
      plain: 'its md5 is what S3 vouches for',
      'parts-of-8-MiB': `its etag:${8 * MIB} is what S3 vouches for`,
      'parts-of-5-MiB': `its etag:${5 * MIB} is what S3 vouches for`,
      'parts-of-odd-size': `its etag:${odd} is what S3 vouches for`,
      'with-crc64': 'its crc64nvme is what S3 vouches for',
      'with-sha256': 'its sha256 is what S3 vouches for',
      encrypted: 'the object was fetched and has the same bytes',
    };
    for (const [name, proof] of Object.entries(proofs)) {
      t.match(line(debug, `${path(name)} is "`), proof, name);
    }
  });

  await t.test('3. what had to be fetched to know is not fetched again', async (t) => {
    proxy.reset();
    const known = await node.apply(manifest);
    t.equal(known.code, 0, known.stderr);
    t.same(proxy.counts(), { HEAD: keys.length + 1, LIST: 3 });
  });

  await t.test('what is different is found, what is not is left', async (t) => {
    const right = statSync(path('plain')).mtime;
    flipByte(path('plain'), 3);
    utimesSync(path('plain'), right, right);
    t.equal(statSync(path('plain')).mtime.getTime(), right.getTime());
    flipByte(path('encrypted'), 3);
    const file = path('tree/5/5');
    const before = statSync(file).mtime;
    flipByte(file, 3);
    utimesSync(file, before, before);
    const later = new Date(Date.now() + 5_000);
    utimesSync(path('with-crc64'), later, later);
    utimesSync(path('tree/6/6'), later, later);
    const replaced = randomBytes(17 * MIB);
    const { etag } = await bucket.multipart('parts-of-8-MiB', replaced, 8 * MIB);
    await bucket.put('kms/tree/b', 'encrypted c\n');
    // Here before Puppet ever saw it.
    await bucket.put('adopted', 'right already\n');
    writeFileSync(path('adopted'), 'right already\n');
    mkdirSync(path('adopted-tree'));
    await bucket.put('adopted-tree/file', 'right already too\n');
    writeFileSync(path('adopted-tree/file'), 'right already too\n');
    proxy.reset();
    const applied = await node.apply(
      manifest + s3('adopted', 'adopted') + s3('adopted-tree', 'adopted-tree/'),
      { debug: true },
    );
    const messages = (name: string) => outcome(applied, path(name)).messages;
    const status = (name: string) => outcome(applied, path(name)).status;
    const md5 = createHash('md5').update(body('plain')).digest('hex');

    t.equal(applied.code, 2, applied.stderr);
    t.test('4. a changed byte with the old size and mtime is repaired', async (t) => {
      t.ok(readFileSync(path('plain')).equals(body('plain')));
      t.match(messages('plain'), [
        new RegExp(`^content changed '\\{md5\\}[0-9a-f]{32}' to '"${md5}"'$`),
      ]);
      t.equal(readFileSync(path('encrypted'), 'utf8'), 'encrypted\n');
      t.equal(readFileSync(file, 'utf8'), 'file 5\n');
    });
    t.test('5. touch alone changes nothing', async (t) => {
      t.equal(status('with-crc64'), 'unchanged');
      t.equal(count('GET_OBJECT', 'with-crc64'), 0);
      t.equal(count('GET_OBJECT', 'tree/6/6'), 0);
      t.equal(statSync(path('with-crc64')).mtime.getTime(), later.getTime());
    });
    t.test('5. a remote change of the same size arrives', async (t) => {
      t.ok(readFileSync(path('parts-of-8-MiB')).equals(replaced));
      t.match(messages('parts-of-8-MiB'), [/^content changed '"[0-9a-f]{32}-3"' to '"/]);
      t.ok(messages('parts-of-8-MiB')[0]?.endsWith(`to '${etag}'`));
      t.equal(readFileSync(path('encrypted-tree/b'), 'utf8'), 'encrypted c\n');
      const opaque = opaqueEtag((await bucket.head('kms/tree/b')).ETag ?? '');
      t.match(said(applied, 'info').join('\n'), `changed b from `);
      t.match(said(applied, 'info').join('\n'), `to ${opaque}`);
    });
    t.test('6. a file that was right already is adopted without a download', async (t) => {
      t.equal(status('adopted'), 'unchanged');
      t.equal(status('adopted-tree'), 'unchanged');
      t.equal(count('GET_OBJECT', 'adopted'), 0);
      t.equal(count('GET_OBJECT', 'adopted-tree/file'), 0);
      t.match(line(applied.stdout, `${path('adopted')} is "`), 'its md5 is what S3 vouches for');
      t.match(applied.stdout, `${path('adopted')} was right already and is adopted`);
      t.match(line(applied.stdout, `${path('adopted-tree/file')} is "`), 'its md5 is what S3');
    });
    t.test('nothing else is fetched', async (t) => {
      t.same(
        proxy.requests
          .filter(({ operation }) => operation === 'GET_OBJECT')
          .map(({ key }) => key)
          .sort(),
        ['kms/single', 'kms/tree/b', 'parts-of-8-MiB', 'plain', 'tree/5/5'],
      );
    });
  });
});

t.test('3. an ETag of KMS is never taken for the MD5 that it looks like', async (t) => {
  const disk = 'looks like it\n';
  const s3Body = 'really this..\n';
  const answer: Fault = ({ operation }) => {
    const reply = textReply(200, s3Body, {
      etag: `"${createHash('md5').update(disk).digest('hex')}"`,
      'x-amz-server-side-encryption': 'aws:kms',
    });
    return operation === 'HEAD' ? { ...reply, body: textReply(200, '').body } : reply;
  };
  proxy.clearFaults();
  proxy.fault({ key: 'lookalike' }, answer);
  writeFileSync(path('lookalike'), disk);
  const applied = await node.apply(s3('lookalike', 'lookalike'));
  t.equal(outcome(applied, path('lookalike')).status, 'changed');
  t.equal(readFileSync(path('lookalike'), 'utf8'), s3Body);
});

t.test('4. a change that left no trace is found by always_hash, and costs no GET', async (t) => {
  proxy.clearFaults();
  await bucket.put('rotting', 'twelve bytes');
  await bucket.put('rotting-tree/file', 'twelve bytes');
  const manifest = (always_hash?: boolean) =>
    s3('rotting', 'rotting', { always_hash }) +
    s3('rotting-tree', 'rotting-tree/', { always_hash });
  await node.apply(manifest());
  const files = ['rotting', 'rotting-tree/file'].map(path);
  const were = files.map((file) => fingerprint(statSync(file)));
  for (const file of files) flipByte(file, 6);
  // As if the file system had not seen it: what the ledger knows of the file is true of it now.
  for (const name of readdirSync(join(site.ledger, 's3'))) {
    const ledger = join(site.ledger, 's3', name);
    const text = files.reduce(
      (text, file, at) => text.replaceAll(were[at] as string, fingerprint(statSync(file))),
      readFileSync(ledger, 'utf8'),
    );
    writeFileSync(ledger, text);
  }
  const [trusting, reading] = [await node.apply(manifest()), await node.apply(manifest(true))];
  t.equal(trusting.code, 0);
  t.equal(reading.code, 2);
  for (const file of files) t.equal(readFileSync(file, 'utf8'), 'twelve bytes');
  proxy.reset();
  t.equal((await node.apply(manifest(true))).code, 0);
  t.same(proxy.counts(), { HEAD: 1, LIST: 1 });
});

t.test('7. noop tells the truth and writes nothing', async (t) => {
  await bucket.putAll(
    ['new', 'changed', 'same', 'dir/new', 'dir/changed', 'dir/same'].map(
      (key) => [`noop/${key}`, `${key}\n`] as const,
    ),
  );
  await bucket.put('noop/kms', 'kms\n');
  proxy.clearFaults();
  proxy.fault({ key: 'noop/kms' }, kms(site.rgw));
  const dir = path('noop');
  mkdirSync(join(dir, 'dir'), { recursive: true });
  for (const name of ['changed', 'dir/changed']) writeFileSync(join(dir, name), 'else\n');
  for (const name of ['same', 'dir/same']) writeFileSync(join(dir, name), `${name}\n`);
  for (const name of ['gone', 'dir/gone']) writeFileSync(join(dir, name), 'gone\n');
  writeFileSync(join(dir, 'kms'), 'abc\n');
  const manifest = [
    s3('noop/new', 'noop/new'),
    s3('noop/changed', 'noop/changed', { mode: '0600' }),
    s3('noop/same', 'noop/same'),
    s3('noop/gone', 'noop/gone', { ensure: 'absent' }),
    s3('noop/kms', 'noop/kms'),
    s3('noop/dir', 'noop/dir/', { purge: true }),
    s3('noop/to-come', 'noop/dir/', { include: ['new'] }),
  ].join('');
  site.forget();
  const before = [snapshot(site.dir), snapshot(site.ledger)];
  const planned = await node.apply(manifest, { noop: true });
  t.equal(planned.code, 0, planned.stderr);
  t.same([snapshot(site.dir), snapshot(site.ledger)], before, 'nothing at all is written');

  const of = (name: string) => outcome(planned, path(`noop/${name}`));
  const etag = async (key: string) => (await bucket.head(key)).ETag ?? '';
  t.match(of('new'), { status: 'noop', messages: [/current_value 'absent', should be 'present'/] });
  const [content, mode] = of('changed').messages;
  t.match(content, `should be '${await etag('noop/changed')}' (noop)`);
  t.match(mode, /'0644'(, should be| to) '0600' \(noop\)/);
  t.equal(of('same').status, 'unchanged');
  t.match(of('gone').messages, [/'present', should be 'absent' \(noop\)/]);
  t.match(of('kms').messages, [/should be '"[0-9a-f]{32}"' \(noop\)/]);
  t.match(of('dir').messages, [
    /'1 missing, 1 differing, 1 not on S3', should be '3 files of s3:.*' \(noop\)/,
  ]);
  t.match(of('to-come').messages, [/'absent', should be 'present' \(noop\)/]);
  const info = said(planned, 'info');
  t.ok(info.includes('would add new: not on disk'), info.join('\n'));
  t.ok(
    info.some((text) => /^would change changed: its md5 is not /.test(text)) ||
      info.some((text) => /^would change changed: it has 5 bytes, the object 12/.test(text)),
    info.join('\n'),
  );
  t.ok(info.includes('would remove gone: not on S3'));

  const done = await node.apply(manifest);
  t.equal(done.code, 2, done.stderr);
  for (const name of ['new', 'changed', 'same', 'dir/new', 'dir/changed', 'dir/same']) {
    t.equal(readFileSync(join(dir, name), 'utf8'), `${name}\n`);
  }
  t.notOk(existsSync(join(dir, 'gone')));
  t.same(readdirSync(join(dir, 'dir')), ['changed', 'new', 'same']);
  t.same(readdirSync(join(dir, 'to-come')), ['new']);
  t.match(outcome(done, path('noop/new')).messages, [
    `created from s3://${bucket.name}/noop/new ${await etag('noop/new')}`,
  ]);
  t.match(outcome(done, path('noop/gone')).messages, [/^removed/]);
});

t.test('8. an object replaced in mid-download never gives a mixed file', async (t) => {
  proxy.clearFaults();
  const [old, fresh] = [Buffer.alloc(4 * MIB, 'old '), Buffer.alloc(4 * MIB, 'new ')];
  const keys = ['replaced/before', 'replaced/during', 'replaced/mixed', 'replaced/tree/file'];
  for (const key of keys) await bucket.put(key, old);
  const replace = (key: string) => bucket.put(key, fresh);
  for (const key of ['replaced/before', 'replaced/tree/file']) {
    proxy.fault({ operation: 'GET_OBJECT', key, times: 1 }, async (_request, server) => {
      await replace(key);
      return server();
    });
  }
  proxy.fault(
    { operation: 'GET_OBJECT', key: 'replaced/during', times: 1 },
    callAfter(MIB, () => replace('replaced/during')),
  );
  // What a server without snapshots would send: the head of the old, the tail of the new.
  proxy.fault(
    { operation: 'GET_OBJECT', key: 'replaced/mixed', times: 1 },
    async (_request, server) => {
      const reply = await server();
      for await (const _ of reply.body);
      await replace('replaced/mixed');
      const body = (async function* () {
        yield old.subarray(0, MIB);
        yield fresh.subarray(MIB);
      })();
      return { ...reply, body };
    },
  );
  mkdirSync(path('replaced'));
  const manifest = ['before', 'during', 'mixed']
    .map((name) => s3(`replaced/${name}`, `replaced/${name}`))
    .concat(s3('replaced/tree', 'replaced/tree/'))
    .join('');
  const applied = await node.apply(manifest);
  t.equal(applied.code, 2, applied.stderr);
  t.ok(readFileSync(path('replaced/before')).equals(fresh));
  t.ok(readFileSync(path('replaced/tree/file')).equals(fresh));
  t.ok(readFileSync(path('replaced/mixed')).equals(fresh));
  t.ok([old, fresh].some((whole) => readFileSync(path('replaced/during')).equals(whole)));
  t.match(said(applied, 'info').join('\n'), /replaced\/before was replaced on S3 in mid-download/);
  await node.apply(manifest);
  t.ok(readFileSync(path('replaced/during')).equals(fresh));
  t.same(leftovers(site.dir), []);
});

function flipByte(file: string, offset: number): void {
  const bytes = readFileSync(file);
  bytes[offset] = (bytes[offset] as number) ^ 1;
  writeFileSync(file, bytes);
}

function line(text: string, part: string): string {
  return text.split('\n').find((line) => line.includes(part)) ?? '';
}
