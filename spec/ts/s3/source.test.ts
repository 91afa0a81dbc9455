import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseSource, sourceUrl } from '../../../ts/s3/source.js';

t.test('both spellings name a bucket and a key', async (t) => {
  const meant: [string, { bucket: string; key: string; isPrefix: boolean }][] = [
    ['/bucket/a/b.zip', { bucket: 'bucket', key: 'a/b.zip', isPrefix: false }],
    ['s3://bucket/a/b.zip', { bucket: 'bucket', key: 'a/b.zip', isPrefix: false }],
    ['/bucket/a/', { bucket: 'bucket', key: 'a/', isPrefix: true }],
    ['/bucket/', { bucket: 'bucket', key: '', isPrefix: true }],
    ['s3://bucket', { bucket: 'bucket', key: '', isPrefix: true }],
    ['/bucket//odd', { bucket: 'bucket', key: '/odd', isPrefix: false }],
    ['/bucket/two\nlines', { bucket: 'bucket', key: 'two\nlines', isPrefix: false }],
    ['s3://s3://x', { bucket: 's3:', key: '/x', isPrefix: false }],
  ];
  for (const [text, source] of meant) t.strictSame(parseSource(text), source, text);
});

t.test('what names no bucket is refused', async (t) => {
  for (const text of [
    '',
    '/',
    '//key',
    's3://',
    's3:///key',
    'bucket/key',
    'https://host/key',
    '\n/a/b',
  ]) {
    t.throws(() => parseSource(text), { code: 'bad_source', message: /neither/ }, text);
  }
});

t.test('any object is named by its URL', async () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,20}$/),
      fc.string({ unit: 'binary' }),
      (bucket, key) => {
        const isPrefix = key === '' || key.endsWith('/');
        assert.deepEqual(parseSource(sourceUrl(bucket, key)), { bucket, key, isPrefix });
      },
    ),
  );
});
