import t from 'tap';
import { plainEtag, proofsOf } from '../../../ts/s3/proof.js';
import type { RemoteObject } from '../../../ts/s3/remote-object.js';

const MiB = 2 ** 20;
const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
const object = (more: Partial<RemoteObject> = {}): RemoteObject => ({
  bucket: 'b',
  key: 'k',
  etag: md5,
  size: 20 * MiB,
  answered: 20 * MiB,
  checksums: {},
  etagIsMd5: true,
  ...more,
});
const unasked = async () => {
  throw new Error('nobody should ask');
};

t.test('a plain ETag is an MD5, and final', async (t) => {
  t.strictSame(await proofsOf(object(), unasked), [
    { digest: 'md5', value: md5, conclusive: true },
  ]);
});

t.test('in a listing it may be one, which proves what agrees and nothing else', async (t) => {
  t.strictSame(plainEtag(object({ etagIsMd5: undefined })), {
    digest: 'md5',
    value: md5,
    conclusive: false,
  });
  t.equal(plainEtag(object({ etagIsMd5: false })), undefined);
  t.equal(plainEtag(object({ etag: `${md5}-1` })), undefined);
});

t.test('of what S3 vouches for the stronger is held against the file', async (t) => {
  const sha256 = Buffer.alloc(32, 1);
  const crc32 = Buffer.alloc(4, 2);
  const checksums = { crc32: crc32.toString('base64'), sha256: sha256.toString('base64') };
  t.strictSame(await proofsOf(object({ checksums }), unasked), [
    { digest: 'sha256', value: sha256.toString('hex'), conclusive: true },
  ]);
  const { crc32: weak } = checksums;
  t.match(await proofsOf(object({ checksums: { crc32: weak } }), unasked), [{ digest: 'md5' }]);
  t.strictSame(await proofsOf(object({ checksums: { crc32: weak }, etagIsMd5: false }), unasked), [
    { digest: 'crc32', value: crc32.toString('hex'), conclusive: true },
  ]);
});

t.test('an ETag that says nothing is no proof', async (t) => {
  t.strictSame(await proofsOf(object({ etagIsMd5: false }), unasked), []);
  for (const etag of ['opaque', `${md5}-0`, `${md5}-x`, '']) {
    t.strictSame(await proofsOf(object({ etag, etagIsMd5: false }), unasked), [], etag);
  }
});

t.test('a multipart ETag is a proof once the size of a part is known', async (t) => {
  const remote = object({ etag: `${md5}-3`, etagIsMd5: false });
  const part =
    (answered: number, more = {}) =>
    async () => ({ ...remote, answered, ...more });
  const told = [{ digest: `etag:${8 * MiB}`, value: remote.etag, conclusive: false, told: true }];
  t.strictSame(await proofsOf(remote, part(8 * MiB)), told);

  const guessed = async (firstPart: () => Promise<RemoteObject>) => {
    const proofs = await proofsOf(remote, firstPart);
    t.ok(proofs.length > 1 && proofs.every((proof) => !proof.told && !proof.conclusive));
    t.ok(proofs.some(({ digest }) => digest === `etag:${8 * MiB}`));
  };
  await guessed(part(20 * MiB));
  await guessed(part(1));
  await guessed(part(8 * MiB, { etag: 'replaced meanwhile' }));
  await guessed(unasked);
});

t.test('of a single part the size is that of the object', async (t) => {
  const remote = object({ etag: `${md5}-1`, etagIsMd5: false });
  t.match(await proofsOf(remote, unasked), [{ digest: `etag:${20 * MiB}`, told: true }]);
});
