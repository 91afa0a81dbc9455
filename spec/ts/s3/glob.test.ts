import fc from 'fast-check';
import t from 'tap';
import { compileGlob, compilePattern, literalPrefix, literalSuffix } from '../../../ts/s3/glob.js';

function matched(glob: string, ...keys: string[]): string[] {
  return keys.filter(compileGlob(glob));
}

t.test('a glob without a slash is matched against the base name at any depth', async (t) => {
  t.strictSame(matched('*.log', 'a.log', 'x/y/a.log', '.log', 'a.log/b'), [
    'a.log',
    'x/y/a.log',
    '.log',
  ]);
  t.strictSame(matched('core', 'core', 'a/core', 'core/a', 'score'), ['core', 'a/core']);
  t.strictSame(matched('**', 'a', 'a/b', '.hidden'), ['a', 'a/b', '.hidden']);
});

t.test('a glob with a slash is matched against the whole key', async (t) => {
  t.strictSame(matched('a/*.log', 'a/x.log', 'b/a/x.log', 'a/b/x.log'), ['a/x.log']);
  t.strictSame(matched('/core', 'core', 'a/core'), ['core']);
  t.strictSame(matched('a/**/z', 'a/z', 'a/b/z', 'a/b/c/z', 'a/bz', 'az'), [
    'a/z',
    'a/b/z',
    'a/b/c/z',
  ]);
  t.strictSame(matched('**/z', 'z', 'a/z', 'a/b/z', 'az'), ['z', 'a/z', 'a/b/z']);
  t.strictSame(matched('a/**', 'a', 'a/b', 'a/b/c', 'b/a'), ['a/b', 'a/b/c']);
  t.strictSame(matched('a/x**z', 'a/xyz', 'a/x/z'), ['a/xyz'], '** in a segment is a *');
});

t.test('a glob that ends in a slash is all that is below such a directory', async (t) => {
  t.strictSame(matched('tmp/', 'tmp', 'tmp/a', 'tmp/', 'a/tmp/b/c', 'xtmp/a', 'a/tmp'), [
    'tmp/a',
    'tmp/',
    'a/tmp/b/c',
  ]);
  t.strictSame(matched('/tmp/', 'tmp/a', 'a/tmp/b'), ['tmp/a']);
  t.strictSame(matched('a/*/', 'a/b', 'a/b/c', 'a/b/c/d', 'b/b/c'), ['a/b/c', 'a/b/c/d']);
  t.strictSame(matched('**/', 'a', 'a/b', 'a/b/c'), ['a/b', 'a/b/c']);
});

t.test('classes, question marks and braces', async (t) => {
  t.strictSame(matched('[a-c]?', 'ax', 'dx', 'c', 'cxx', 'b😀'), ['ax', 'b😀']);
  t.strictSame(matched('[!a-c]', 'a', 'd', '-', '😀'), ['d', '-', '😀']);
  t.strictSame(matched('[^a]', 'a', 'b', '^'), ['b', '^']);
  t.strictSame(matched('[]a-]', ']', 'a', '-', 'b'), [']', 'a', '-']);
  t.strictSame(matched('[*][?][[][{]', '*?[{', 'abcd'), ['*?[{']);
  t.strictSame(matched('*.{zip,tar{,.gz}}', 'a.zip', 'a.tar', 'a.tar.gz', 'a.gz'), [
    'a.zip',
    'a.tar',
    'a.tar.gz',
  ]);
  t.strictSame(matched('{/a,b/*,c}', 'a', 'x/a', 'b/x', 'x/c'), ['a', 'b/x', 'x/c']);
  t.strictSame(matched('a\\*', 'a\\b', 'a*'), ['a\\b'], 'a backslash is a character');
});

t.test('a glob that cannot be meant is refused by name', async (t) => {
  const bombs = '{a,b}'.repeat(10);
  for (const glob of ['[a', '[]', '[z-a]', 'a{b', 'a}', '{a}', '', '/', bombs, 'a[b/c]']) {
    t.throws(() => compileGlob(glob), { code: 'bad_glob', message: `'${glob}'` }, glob);
  }
});

t.test('the pattern of a source stays in its segments and takes braces as they are', async (t) => {
  const matches = compilePattern('builds/our_app_*.zip');
  t.ok(matches('builds/our_app_3.10.0.zip'));
  t.ok(matches('builds/our_app_.zip'));
  t.notOk(matches('builds/old/our_app_3.10.0.zip'));
  t.notOk(matches('builds/our_app_3/10.zip'));
  t.notOk(matches('x/builds/our_app_3.10.0.zip'));
  t.ok(compilePattern('{a,b}/*')('{a,b}/c'));
  t.notOk(compilePattern('a/**')('a/b/c'));
  t.ok(compilePattern('a/[0-9]?')('a/7x'));
});

t.test('the literal ends of a pattern', async (t) => {
  t.equal(literalPrefix('builds/our_app_*.zip'), 'builds/our_app_');
  t.equal(literalSuffix('builds/our_app_*.zip'), '.zip');
  t.equal(literalPrefix('a[0-9]*/b?c'), 'a');
  t.equal(literalSuffix('a[0-9]*/b?c'), 'c');
  t.equal(literalSuffix('a[]x]b]'), 'b]');
  t.equal(literalPrefix('plain/key'), 'plain/key');
  t.equal(literalSuffix('plain/key'), '');
});

// Small alphabets, so that globs and keys meet often.
const segment = fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 4 });
const globSegment = fc.oneof(
  fc.constant('**'),
  fc.string({ unit: fc.constantFrom('a', 'b', '😀', '*', '?', '[ab]', '[!a]'), maxLength: 5 }),
);
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((list) => list.join('/'));

// The slow truth: every way to take a glob apart is tried.
function truth(path: string[], glob: string[]): boolean {
  const [head, ...rest] = glob;
  if (head === undefined) return path.length === 0;
  if (head === '**') return path.some((_, i) => truth(path.slice(i), rest)) || truth([], rest);
  return path[0] !== undefined && segmentTruth(path[0], head) && truth(path.slice(1), rest);
}

function segmentTruth(name: string, glob: string): boolean {
  const source = glob.replace(/\*+/g, '.*').replace(/\?/g, '.').replace(/\[!/g, '[^');
  return new RegExp(`^${source}$`, 'su').test(name);
}

t.test('globs agree with a matcher that tries everything', async () => {
  fc.assert(
    fc.property(fc.array(globSegment, { minLength: 1, maxLength: 4 }), key, (glob, text) => {
      fc.pre(glob.at(-1) !== '');
      const wanted = truth(text.split('/'), glob.at(-1) === '**' ? [...glob, '*'] : glob);
      return compileGlob(`/${glob.join('/')}`)(text) === wanted;
    }),
    { numRuns: 2000 },
  );
});

t.test('no glob and no key take more than the product of their lengths', async (t) => {
  const hostile = [
    `${'*a'.repeat(200)}b`,
    `/${'**/'.repeat(200)}b`,
    `/${'**/*a*/'.repeat(100)}b`,
    `${'[!b]*'.repeat(100)}b`,
    `${'?*'.repeat(200)}b`,
  ];
  const keys = ['a'.repeat(1024), 'a/'.repeat(512).slice(0, -1), `${'aaaa/'.repeat(204)}aaaa`];
  const start = process.cpuUsage();
  for (const glob of hostile) {
    const matches = compileGlob(glob);
    for (const text of keys) t.notOk(matches(text));
  }
  const { user } = process.cpuUsage(start);
  t.ok(user < 2e6, `${hostile.length * keys.length} matches took ${user / 1000} ms`);
});
