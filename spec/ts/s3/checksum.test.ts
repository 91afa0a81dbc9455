import fc from 'fast-check';
import t from 'tap';
import { type Algorithm, createDigest, parsePin } from '../../../ts/s3/checksum.js';

const OF_123456789: Record<Algorithm, string> = {
  md5: '25f9e794323b453885f5181f1b624d0b',
  sha1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
  sha512:
    'd9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a' +
    'd27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85',
  crc32: 'cbf43926',
  crc32c: 'e3069283',
  crc64nvme: 'ae8b14860a799888',
};
const ALGORITHMS = Object.keys(OF_123456789) as Algorithm[];

function hexOf(algorithm: Algorithm, ...chunks: Uint8Array[]): string {
  const digest = createDigest(algorithm);
  for (const chunk of chunks) digest.update(chunk);
  return digest.hex();
}

t.test('every algorithm gives the published digest of 123456789', async (t) => {
  for (const algorithm of ALGORITHMS) {
    const digest = createDigest(algorithm);
    digest.update(Buffer.from('123456789'));
    t.equal(digest.hex(), OF_123456789[algorithm], algorithm);
    t.equal(digest.hex(), OF_123456789[algorithm], 'asked twice');
  }
});

// One bit at a time, as the polynomials define it.
function slowCrc(data: Uint8Array, width: bigint, polynomial: bigint): string {
  const ones = (1n << width) - 1n;
  let crc = ones;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? polynomial : 0n);
  }
  return (crc ^ ones).toString(16).padStart(Number(width / 4n), '0');
}

t.test('the CRCs are those of their polynomials', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
      return (
        hexOf('crc32', data) === slowCrc(data, 32n, 0xedb88320n) &&
        hexOf('crc32c', data) === slowCrc(data, 32n, 0x82f63b78n) &&
        hexOf('crc64nvme', data) === slowCrc(data, 64n, 0x9a6c9329ac4bc9b5n)
      );
    }),
  );
});

t.test('the digest is the same however the bytes are cut', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...ALGORITHMS), chunks, (algorithm, list) => {
      return hexOf(algorithm, ...list) === hexOf(algorithm, Buffer.concat(list));
    }),
    { numRuns: 500 },
  );
});

t.test('a pin is read in hex, in letters of either case', async (t) => {
  for (const algorithm of ALGORITHMS) {
    const hex = OF_123456789[algorithm];
    t.strictSame(parsePin(`${algorithm}:${hex}`), { algorithm, hex });
    t.strictSame(parsePin(`${algorithm.toUpperCase()}:${hex.toUpperCase()}`), { algorithm, hex });
  }
});

t.test('a malformed pin says how to write it', async (t) => {
  const { sha256, md5 } = OF_123456789;
  const refused: [string, RegExp][] = [
    ['', /ALGORITHM:DIGEST/],
    [sha256, /ALGORITHM:DIGEST.*sha256/],
    [`sha384:${sha256}`, /one of md5/],
    [`__proto__:${sha256}`, /one of md5/],
    [`sha256:${md5}`, /sha256 is 64 hex digits/],
    ['sha256:', /sha256 is 64 hex digits/],
    [`sha256:${sha256} `, /sha256 is 64 hex digits/],
    [`sha256:${sha256.replace('1', 'g')}`, /sha256 is 64 hex digits/],
    ['crc32:y/Q5Jg==-3', /crc32 is 8 hex digits/],
    ['md5:a\nb', /"md5:a\\nb"/],
  ];
  for (const [text, message] of refused) {
    t.throws(() => parsePin(text), { code: 'bad_checksum', message }, text);
  }
});
