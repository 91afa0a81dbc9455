import t from 'tap';
import { remoteObject } from '../../../ts/s3/remote-object.js';

const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
const read = (headers: Record<string, string>) =>
  remoteObject('b', 'k', { etag: `"${md5}"`, 'content-length': '9', ...headers });

t.test('an object is known by what its headers say', async (t) => {
  t.strictSame(read({ 'x-amz-version-id': 'v1', 'x-amz-checksum-crc32': 'AAAAAA==' }), {
    bucket: 'b',
    key: 'k',
    etag: md5,
    size: 9,
    versionId: 'v1',
    checksums: { crc32: 'AAAAAA==' },
    etagIsMd5: true,
    answered: 9,
  });
  t.notOk('versionId' in read({ 'x-amz-version-id': 'null' }));
});

t.test('an ETag is taken for an MD5 only where S3 does not say otherwise', async (t) => {
  t.equal(read({ 'x-amz-server-side-encryption': 'AES256' }).etagIsMd5, true);
  for (const headers of [
    { 'x-amz-server-side-encryption': 'aws:kms' },
    { 'x-amz-server-side-encryption': 'aws:kms:dsse' },
    { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
    { etag: `"${md5}-2"` },
    { etag: '"opaque"' },
    { etag: '' },
  ] as Record<string, string>[]) {
    t.equal(read(headers).etagIsMd5, false, JSON.stringify(headers));
  }
});

t.test('a part or a range tells the size of the whole, and no checksum of it', async (t) => {
  const part = read({
    'content-range': 'bytes 0-8/100',
    'x-amz-checksum-sha256': 'of the part',
  });
  t.match(part, { size: 100, answered: 9, checksums: {} });
});

t.test('a checksum of checksums is not one of the bytes', async (t) => {
  t.strictSame(read({ 'x-amz-checksum-sha256': 'abc=-3' }).checksums, {});
  const composite = { 'x-amz-checksum-type': 'COMPOSITE', 'x-amz-checksum-crc32': 'AAAAAA==' };
  t.strictSame(read(composite).checksums, {});
  t.strictSame(read({ ...composite, 'x-amz-checksum-type': 'FULL_OBJECT' }).checksums, {
    crc32: 'AAAAAA==',
  });
});
