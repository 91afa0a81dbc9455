import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { element, type ListedObject, parseListPage, unescapeXml } from '../../../ts/s3/listing.js';

interface Page {
  objects: ListedObject[];
  encoding?: 'url' | 'none';
  tail?: string;
}

/** A page as S3 writes it, with or without `encoding-type=url`. */
function page({
  objects,
  encoding = 'url',
  tail = '<IsTruncated>false</IsTruncated>',
}: Page): string {
  const contents = objects.map(
    ({ key, etag, size }) =>
      `<Contents><Key>${encoding === 'url' ? encodeURIComponent(key) : escaped(key)}</Key>` +
      `<LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;${etag}&quot;</ETag>` +
      `<Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>' +
    (encoding === 'url' ? '<EncodingType>url</EncodingType>' : '') +
    `<Prefix></Prefix><MaxKeys>1000</MaxKeys>${tail}${contents.join('')}</ListBucketResult>`
  );
}

function escaped(text: string): string {
  return text.replace(/[&<>"\r\n\t]/g, (char) => `&#x${char.charCodeAt(0).toString(16)};`);
}

const object = (key: string): ListedObject => ({
  key,
  etag: 'd41d8cd98f00b204e9800998ecf8427e',
  size: 0,
});

const keys = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }).filter((key) => !/\p{Surrogate}/u.test(key)),
    fc.constantFrom('a+b', 'a%2Bb', '</Contents>', '<Key>', '&amp;', ']]>', '<IsTruncated>true'),
  ),
  { maxLength: 5 },
);

t.test('every key comes out as it went in', async () => {
  fc.assert(
    fc.property(keys, fc.constantFrom('url', 'none'), (names, encoding) => {
      const objects = names.map(object);
      assert.deepEqual(parseListPage(page({ objects, encoding })), { objects });
    }),
  );
});

t.test('a plus is a space where the server encodes like a form', async (t) => {
  const xml = page({ objects: [object('x')] }).replace('<Key>x<', '<Key>a+b%2Bc<');
  t.equal(parseListPage(xml).objects[0]?.key, 'a b+c');
});

t.test('a page that goes on names its continuation', async (t) => {
  const next = (tail: string) => parseListPage(page({ objects: [], tail })).next;
  const more = '<IsTruncated>true</IsTruncated>';
  t.equal(next(`${more}<NextContinuationToken>1/a&amp;b==</NextContinuationToken>`), '1/a&b==');
  t.throws(() => next(more), /names no continuation/);
  t.throws(() => next(`${more}<NextContinuationToken></NextContinuationToken>`), /continuation/);
  t.equal(next('<IsTruncated>false</IsTruncated>'), undefined);
});

t.test('no page that lacks an end or an answer is taken for complete', async (t) => {
  const whole = page({ objects: [object('a'), object('b')] });
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => parseListPage(whole.slice(0, length)), /./, `cut after ${length}`);
  }
  t.throws(() => parseListPage(page({ objects: [], tail: '' })), /does not say/);
  t.throws(
    () => parseListPage(page({ objects: [], tail: '<IsTruncated>perhaps</IsTruncated>' })),
    /does not say/,
  );
  t.throws(() => parseListPage('<html>Sign in to the hotel</html>'), /not a listing/);
  t.throws(() => parseListPage('<Error><Code>InternalError</Code></Error>'), /not a listing/);
});

t.test('an entry without a key or with an odd size is refused', async (t) => {
  const whole = page({ objects: [object('a')] });
  for (const [from, to] of [
    ['<Key>a</Key>', ''],
    ['<Key>a</Key>', '<Key></Key>'],
    ['<Size>0<', '<Size>-1<'],
    ['<Size>0<', '<Size>1.5<'],
    ['<Size>0<', '<Size>many<'],
    ['<Size>0<', '<Size>99999999999999999999<'],
    ['<Size>0<', '<Size><'],
    ['<Size>0</Size>', ''],
    ['<Key>a<', '<Key>%zz<'],
  ] as const) {
    t.throws(() => parseListPage(whole.replace(from, to)), `${from} as ${to}`);
  }
});

t.test('entities are read, once', async (t) => {
  t.equal(unescapeXml('&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&other;'), '<>&"\'A😀&other;');
  t.equal(unescapeXml('&amp;lt;'), '&lt;');
  t.equal(unescapeXml('&#x110000;'), '&#x110000;');
  t.equal(unescapeXml('&constructor;&__proto__;'), '&constructor;&__proto__;');
});

t.test('of elements the first counts, and a lost end is none', async (t) => {
  t.equal(element('<a>1</a><a>2</a>', 'a'), '1');
  t.equal(element('<a>1', 'a'), undefined);
  t.equal(element('<ab>1</ab>', 'a'), undefined);
});
