import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { OpenDirectories } from '../../../ts/s3/open-directories.js';

function setUp(t: Test) {
  const outside = t.testdir({ root: { there: {}, file: '' }, elsewhere: { there: {} } });
  const root = join(outside, 'root');
  const directories = new OpenDirectories(root);
  t.teardown(() => directories.close());
  return { outside, root, directories };
}

/** The owner of a tree puts a link where a directory was. */
function swap(root: string, name: string, target: string): void {
  renameSync(join(root, name), join(root, `${name}-was`));
  symlinkSync(target, join(root, name));
}

t.test(
  'what is missing is made where that is asked for, and told, so as to be given',
  async (t) => {
    const { root, directories } = setUp(t);
    const made: string[] = [];
    writeFileSync(
      directories.reach('there/a/b/c', (_, parts) => made.push(parts.join('/'))),
      'c',
    );
    t.strictSame(made, ['there/a', 'there/a/b']);
    t.equal(statSync(join(root, 'there/a/b/c')).size, 1);
    t.throws(() => directories.reach('there/x/y'), { code: 'ENOENT' });
  },
);

t.test('no link on the way is followed, nor a file taken for a directory', async (t) => {
  const { outside, root, directories } = setUp(t);
  symlinkSync(join(outside, 'elsewhere'), join(root, 'link'));
  symlinkSync('nowhere', join(root, 'broken'));
  for (const key of ['link/a', 'link/there/a', 'broken/a', 'file/a'])
    for (const made of [undefined, () => undefined])
      t.throws(() => directories.reach(key, made), { code: 'ENOTDIR' }, key);
  t.strictSame(readdirSync(join(outside, 'elsewhere/there')), []);
});

t.test('a directory swapped for a link keeps what is written by its path', async (t) => {
  const { outside, root, directories } = setUp(t);
  const path = directories.reach('there/a');
  swap(root, 'there', join(outside, 'elsewhere'));
  writeFileSync(path, '');
  t.strictSame(readdirSync(join(root, 'there-was')), ['a']);
  const later = new OpenDirectories(root);
  t.teardown(() => later.close());
  t.throws(() => later.reach('there/b'), { code: 'ENOTDIR' });
});

t.test('of many directories, few are open at once', async (t) => {
  const { root, directories } = setUp(t);
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  const names = Array.from({ length: 300 }, (_, n) => `d${n}/below`);
  for (const name of names)
    writeFileSync(
      directories.reach(`${name}/a`, () => undefined),
      name,
    );
  t.ok(open() - before <= 64, `${open() - before} are open`);
  for (const name of names) t.equal(readFileSync(join(root, name, 'a'), 'utf8'), name);
});

t.test('an open file that came to lie elsewhere is found out', async (t) => {
  const { outside, root, directories } = setUp(t);
  const holds = (key: string, path: string): boolean => {
    const fd = openSync(path, 'w');
    try {
      return directories.holds(fd, key);
    } finally {
      closeSync(fd);
    }
  };
  t.ok(holds('there/a', join(root, 'there/.webhook-1-0-a')));
  t.ok(holds('a', join(root, '.webhook-1-1-a')));
  t.notOk(holds('there/a', join(root, '.webhook-1-2-a')));
  t.notOk(holds('there/a', join(outside, 'elsewhere/there/.webhook-1-3-a')));
});

t.test('the root may be a link, and a directory be named in bytes that are no text', async (t) => {
  const { outside, root } = setUp(t);
  symlinkSync('root', join(outside, 'link'));
  const directories = new OpenDirectories(join(outside, 'link'));
  mkdirSync(Buffer.from(`${root}/d\xff`, 'latin1'));
  writeFileSync(directories.reach('d\udcff/f'), '');
  t.strictSame(readdirSync(Buffer.from(`${root}/d\xff`, 'latin1')), ['f']);
  const fd = openSync(join(root, 'there', 'x'), 'w');
  t.ok(directories.holds(fd, 'there/y'));
  closeSync(fd);
  directories.close();
  rmSync(root, { recursive: true });
});
