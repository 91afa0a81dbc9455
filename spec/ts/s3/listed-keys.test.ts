import { join } from 'node:path';
import t, { type Test } from 'tap';
import { listedKeys } from '../../../ts/s3/listed-keys.js';
import type { ListedObject } from '../../../ts/s3/listing.js';
import type { S3Resource } from '../../../ts/s3/resource.js';

async function* listing(keys: string[], size: number): AsyncGenerator<ListedObject> {
  for (const key of keys) yield { key, etag: 'e', size };
}

/** What becomes of the keys of a listing, and what is said of them. */
async function sift(t: Test, keys: string[], more: Partial<S3Resource> & { size?: number } = {}) {
  const { size = 1, ...attributes } = more;
  const path = join(t.testdir(), 'site');
  const resource: S3Resource = { path, ensure: 'present', source: '/b/p/', ...attributes };
  const logged: string[] = [];
  const log = (level: string, message: string) => logged.push(`${level}: ${message}`);
  const kept: string[] = [];
  for await (const { key } of listedKeys(resource, listing(keys, size), log)) kept.push(key);
  return { kept, logged };
}

t.test('keys are taken relative to their prefix', async (t) => {
  const { kept, logged } = await sift(t, ['p/a', 'p/b/c', 'p/p/d']);
  t.strictSame(kept, ['a', 'b/c', 'p/d']);
  t.strictSame(logged, []);
});

t.test('a key that would leave the directory is named, not followed', async (t) => {
  const { kept, logged } = await sift(t, ['p/../x', 'p//etc/passwd', 'p/a', 'p/b\n/../c']);
  t.strictSame(kept, ['a']);
  t.match(logged, [
    'warning: s3://b/p/../x is skipped: it holds the name ..',
    'warning: s3://b/p//etc/passwd is skipped: it is absolute',
    'warning: "s3://b/p/b\\n/../c" is skipped: it holds the name ..',
  ]);
});

t.test('what marks a directory is no file, and no news unless it holds something', async (t) => {
  const markers = ['p/', 'p/d/'];
  t.match(await sift(t, markers, { size: 0 }), {
    kept: [],
    logged: ['debug: s3://b/p/ marks a directory', 'debug: s3://b/p/d/ marks a directory'],
  });
  const { kept, logged } = await sift(t, markers, { size: 5 });
  t.strictSame(kept, []);
  t.match(logged, [/^warning: .*p\/ is skipped: .*holds 5 bytes/, /^warning: .*p\/d\//]);
});

t.test('of a file and a directory of one name the first is kept, and both are named', async (t) => {
  const { kept, logged } = await sift(t, ['p/a', 'p/a.txt', 'p/a/b']);
  t.strictSame(kept, ['a', 'a.txt']);
  t.match(logged, [/s3:\/\/b\/p\/a\/b is skipped: on disk it cannot be beside a$/]);
});

t.test(
  'what is not selected is passed over in silence, and stands in the way of no other',
  async (t) => {
    const { kept, logged } = await sift(t, ['p/a', 'p/a/b', 'p/c'], { exclude: ['a'] });
    t.strictSame(kept, ['a/b', 'c']);
    t.strictSame(logged, []);
  },
);

t.test(
  'a key that is not below the prefix ends it: such a listing is of something else',
  async (t) => {
    await t.rejects(sift(t, ['p/a', 'q/b']), {
      code: 'bad_listing',
      message: 's3://b/p/: the server lists q/b, which is not below it; nothing was changed',
    });
  },
);
