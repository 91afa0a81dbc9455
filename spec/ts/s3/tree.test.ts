import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { compareKeys } from '../../../ts/s3/safe-key.js';
import { walk } from '../../../ts/s3/tree.js';

function make(root: string, paths: string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
}

t.test('files come in the order in which S3 lists their keys', async (t) => {
  const root = t.testdir();
  // A directory sorts by its name and a slash, which is greater than these and less than those.
  const paths = ['a-b', 'a.txt', 'a/z', 'a/z!', 'a/x/y', 'a0', 'A', '\uffee', '😀/b', 'é'];
  make(root, paths);
  const sorted = paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  t.strictSame([...walk(root)], sorted);
});

t.test('the order holds for any names', async (t) => {
  const name = fc.oneof(
    fc.stringMatching(/^[ab!.0~-]{1,3}$/).filter((text) => text !== '.' && text !== '..'),
    fc.constantFrom('\uffee', '😀', 'é', ' ', '\n', '-'),
  );
  const root = join(t.testdir(), 'tree');
  fc.assert(
    fc.property(
      fc.array(fc.array(name, { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
      (all) => {
        rmSync(root, { recursive: true, force: true });
        mkdirSync(root);
        const files = new Set<string>();
        for (const path of all.map((names) => names.join('/'))) {
          const clash = [...files].some(
            (other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
          );
          if (!clash) files.add(path);
        }
        make(root, [...files]);
        assert.deepEqual([...walk(root)], [...files].sort(compareKeys));
      },
    ),
    { numRuns: 60 },
  );
});

t.test(
  'links are named and not followed; directories and our own files are not named',
  async (t) => {
    const outside = t.testdir({ root: { empty: {} }, elsewhere: { secret: '' } });
    const root = join(outside, 'root');
    symlinkSync(join(outside, 'elsewhere'), join(root, 'link'));
    symlinkSync('nowhere', join(root, 'broken'));
    make(root, ['.webhook-12-0-a', '.webhooks', 'd/.webhook-12-1-b']);
    t.strictSame([...walk(root)], ['.webhooks', 'broken', 'link']);
  },
);

t.test(
  'a directory that goes while it is walked is empty; one that is a file is an error',
  async (t) => {
    const root = t.testdir({ a: { x: '' }, b: { y: '' }, file: '' });
    const walked = walk(root);
    t.equal(walked.next().value, 'a/x');
    rmSync(join(root, 'b'), { recursive: true });
    t.strictSame([...walked], ['file']);
    t.throws(() => [...walk(join(root, 'file'))], { code: 'ENOTDIR' });
  },
);

t.test('names that are not UTF-8 are walked as they are', async (t) => {
  const root = Buffer.from(t.testdir({ text: '' }));
  const directory = Buffer.concat([root, Buffer.from('/d\xff', 'latin1')]);
  mkdirSync(directory);
  writeFileSync(Buffer.concat([directory, Buffer.from('/f\xfe', 'latin1')]), '');
  writeFileSync(Buffer.concat([directory, Buffer.from('/f\ufffd')]), '');
  t.strictSame([...walk(root.toString())], ['d\udcff/f\ufffd', 'd\udcff/f\udcfe', 'text']);
});
