import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { candidatePartSizes, createMultipartDigest } from '../../../ts/s3/multipart-etag.js';

const MIB = 1024 * 1024;

function etagOf(partSize: number, ...chunks: Uint8Array[]): string {
  const digest = createMultipartDigest(partSize);
  for (const chunk of chunks) digest.update(chunk);
  return digest.etag();
}

function md5(data: Uint8Array): Buffer {
  return createHash('md5').update(data).digest();
}

t.test('the ETag is the MD5 of the MD5s of the parts, and their number', async (t) => {
  const zeros = Buffer.alloc(11 * MIB);
  const wanted = md5(
    Buffer.concat([md5(zeros.subarray(0, 8 * MIB)), md5(zeros.subarray(8 * MIB))]),
  );
  t.equal(etagOf(8 * MIB, zeros), `${wanted.toString('hex')}-2`);
  t.equal(etagOf(8, Buffer.from('exactly!')).slice(-2), '-1', 'a full last part is the last');
  t.equal(
    etagOf(5),
    `${md5(md5(Buffer.alloc(0))).toString('hex')}-1`,
    'an empty object is one part',
  );
});

t.test('the ETag is the same however the bytes are cut', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1, max: 25 }), (list, partSize) => {
      const data = Buffer.concat(list);
      const parts: Buffer[] = [];
      for (let at = 0; at === 0 || at < data.length; at += partSize) {
        parts.push(md5(data.subarray(at, at + partSize)));
      }
      return (
        etagOf(partSize, ...list) === `${md5(Buffer.concat(parts)).toString('hex')}-${parts.length}`
      );
    }),
    { numRuns: 500 },
  );
});

function tries(size: number, partSize: number): boolean {
  return candidatePartSizes(size, Math.ceil(size / partSize)).includes(partSize);
}

t.test('the part sizes that clients use are tried', async (t) => {
  for (const mib of [5, 8, 15, 16, 25, 50, 64, 100, 128]) {
    for (const size of [mib * MIB + 1, 3.5 * mib * MIB, 40 * mib * MIB, 999 * mib * MIB + 7]) {
      t.ok(tries(size, mib * MIB), `${mib} MiB for ${size} bytes`);
    }
  }
  t.ok(tries(20 * MIB, 7 * MIB), 'an odd one');
  t.strictSame(candidatePartSizes(5000, 1), [5000], 'one part is the whole');
});

t.test('the sizes that clients grow to are tried', async (t) => {
  const huge = 200 * 1024 * MIB + 12_345;
  t.ok(tries(huge, 32 * MIB), 'aws-cli doubles its 8 MiB');
  t.ok(tries(huge, 21 * MIB), 'rclone takes the next whole MiB');
  t.ok(tries(huge, Math.ceil(huge / 10_000)), 'the SDKs take what just fits');
});

t.test('every size tried gives exactly the parts, and they are few', async () => {
  const TIB = 2 ** 40;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5 * TIB }),
      fc.integer({ min: 1, max: 10_000 }),
      (size, parts) => {
        const sizes = candidatePartSizes(size, parts);
        return (
          sizes.length <= 20 &&
          new Set(sizes).size === sizes.length &&
          sizes.every(
            (n) => Number.isInteger(n) && n > 0 && Math.max(1, Math.ceil(size / n)) === parts,
          )
        );
      },
    ),
    { numRuns: 5000 },
  );
});
