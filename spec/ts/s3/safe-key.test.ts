import fc from 'fast-check';
import t from 'tap';
import { compareKeys, KeyConflicts, relativePath } from '../../../ts/s3/safe-key.js';

t.test('an ordinary key is the path it names', async (t) => {
  for (const key of ['a', 'a/b.txt', '...', '..a/b..', '.hidden', 'a b/ü😀', '-rf', 'a\\b', '~']) {
    t.strictSame(relativePath(key), { ok: true, path: key });
  }
  t.ok(relativePath('x'.repeat(255)).ok);
  t.ok(relativePath(`${'x/'.repeat(1999)}xx`).ok);
});

t.test(
  'a key that would leave the directory or cannot be a path is refused, and why',
  async (t) => {
    const refused: [string, RegExp][] = [
      ['..', /the name \.\./],
      ['../a', /the name \.\./],
      ['a/../../b', /the name \.\./],
      ['a/..', /the name \.\./],
      ['./a', /the name \./],
      ['a/./b', /the name \./],
      ['/etc/passwd', /absolute/],
      ['/', /absolute/],
      ['//', /absolute/],
      ['a//b', /empty name/],
      ['a\0b', /NUL/],
      ['a\ud800', /Unicode/],
      ['ü'.repeat(128), /a name of over 255 bytes/],
      [`${'x/'.repeat(2000)}x`, /over 4000 bytes/],
      ['a/.webhook-1234', /\.webhook-/],
      ['../', /the name \.\./],
      ['a//', /empty name/],
    ];
    for (const [key, why] of refused) {
      const result = relativePath(key);
      t.match(result, { ok: false, kind: 'refused', why }, JSON.stringify(key.slice(0, 20)));
    }
  },
);

t.test('a directory marker is told apart', async (t) => {
  for (const key of ['', 'a/', 'a/b/'])
    t.match(relativePath(key), { ok: false, kind: 'directory' });
});

t.test('no accepted key names anything but a place below the directory', async () => {
  const name = fc.oneof(fc.constantFrom('', '.', '..', 'a', '\0'), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const result = relativePath(names.join('/'));
      if (!result.ok) return true;
      const resolved = new URL(
        `file:///root/${result.path.split('/').map(encodeURIComponent).join('/')}`,
      );
      return (
        decodeURIComponent(resolved.pathname) === `/root/${result.path}` &&
        !result.path.includes('\0')
      );
    }),
    { numRuns: 2000 },
  );
});

const wellFormed = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', '/', '-', '0'),
    fc.constantFrom('\ud7ff', '\ue000', '\uffff', '😀', '𝒜'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
});

t.test('keys are in the order of their UTF-8 bytes', async (t) => {
  t.ok(compareKeys('\uffff', '😀') < 0, 'unlike in the order of UTF-16');
  fc.assert(
    fc.property(wellFormed, wellFormed, (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      return Math.sign(compareKeys(a, b)) === bytes;
    }),
    { numRuns: 5000 },
  );
});

function conflicts(keys: string[], caseInsensitive = false): [string, string][] {
  const finder = new KeyConflicts({ caseInsensitive });
  return keys.flatMap((key) => {
    const earlier = finder.check(key);
    return earlier === undefined ? [] : [[key, earlier] as [string, string]];
  });
}

t.test(
  'a key that needs a directory where an earlier one is a file is refused by its name',
  async (t) => {
    t.strictSame(conflicts(['a', 'a!', 'a-b', 'a-b/c', 'a/b', 'a/b/c', 'a0', 'b']), [
      ['a-b/c', 'a-b'],
      ['a/b', 'a'],
      ['a/b/c', 'a'],
    ]);
    t.strictSame(conflicts(['a/', 'a/b', 'ab', 'ab/']), [['ab/', 'ab']]);
    t.strictSame(conflicts(['README', 'readme']), []);
  },
);

t.test('names that differ only by case are refused by the earlier one, where asked', async (t) => {
  t.strictSame(conflicts(['README', 'readme'], true), [['readme', 'README']]);
  t.strictSame(conflicts(['A/x', 'A/y', 'B', 'a/y', 'b/c'], true), [
    ['a/y', 'A/x'],
    ['b/c', 'B'],
  ]);
  t.strictSame(conflicts(['a', 'a/B', 'a/b'], true), [
    ['a/B', 'a'],
    ['a/b', 'a'],
  ]);
  t.strictSame(conflicts(['É', 'é'], true), [['é', 'É']]);
});

t.test('a listing out of order is an error, as conflicts would be missed in it', async (t) => {
  t.throws(() => conflicts(['b', 'a\n']), { code: 'listing_unsorted', message: /"a\\n" after b:/ });
});

// The slow truth: every key against every kept one before it.
function slowConflicts(keys: string[], fold: (s: string) => string): string[] {
  const kept: string[] = [];
  return keys.filter((key) => {
    const clash = kept.some((earlier) => {
      if (key.startsWith(`${earlier}/`)) return true;
      const [mine, theirs] = [key.split('/'), earlier.split('/')];
      for (const [i, name] of mine.entries()) {
        const other = theirs[i];
        if (other === undefined || fold(name) !== fold(other)) return false;
        if (name !== other) return true;
      }
      return false;
    });
    if (!clash) kept.push(key);
    return clash;
  });
}

t.test('the conflicts are those that a comparison of all pairs finds', async () => {
  const key = fc.string({
    unit: fc.constantFrom('a', 'A', 'b', '-', '/'),
    minLength: 1,
    maxLength: 6,
  });
  const tidy = key.filter((text) => relativePath(text).ok);
  const listing = fc.uniqueArray(tidy, { maxLength: 30 }).map((keys) => keys.sort(compareKeys));
  fc.assert(
    fc.property(listing, (keys) => {
      const found = conflicts(keys).map(([refused]) => refused);
      return found.join() === slowConflicts(keys, (name) => name).join();
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(listing, (keys) => {
      const found = conflicts(keys, true).map(([refused]) => refused);
      return found.join() === slowConflicts(keys, (name) => name.toLowerCase()).join();
    }),
    { numRuns: 1000 },
  );
});
