import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Parents } from '../../../ts/s3/parents.js';
import type { S3Resource } from '../../../ts/s3/resource.js';

function setUp(t: Test) {
  const outside = t.testdir({ root: { there: {}, file: '' }, elsewhere: {} });
  const root = join(outside, 'root');
  const resource: S3Resource = { path: root, ensure: 'present' };
  return { outside, root, resource, parents: new Parents(root) };
}

t.test('what is missing is made, with a mode that lets those in who may read', async (t) => {
  const { root, resource, parents } = setUp(t);
  parents.make('there/a/b/c', resource);
  t.equal(statSync(join(root, 'there/a/b')).mode & 0o777, 0o755);
  t.notOk(existsSync(join(root, 'there/a/b/c')));
  for (const [mode, directory] of [
    ['0640', 0o750],
    ['0600', 0o700],
    ['0444', 0o555],
    ['4755', 0o755],
  ] as const) {
    parents.make(`m${mode}/file`, { ...resource, mode });
    t.equal(statSync(join(root, `m${mode}`)).mode & 0o7777, directory, mode);
  }
});

t.test(
  'owner and group are those asked for',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const { root, resource, parents } = setUp(t);
    parents.make('new/file', { ...resource, owner: 12, group: 34 });
    t.match(statSync(join(root, 'new')), { uid: 12, gid: 34 });
    t.match(statSync(root), { uid: 0 }, 'what was there keeps its own');
  },
);

t.test('a link on the way is never followed, wherever it leads', async (t) => {
  const { outside, root, resource, parents } = setUp(t);
  symlinkSync(join(outside, 'elsewhere'), join(root, 'link'));
  symlinkSync('nowhere', join(root, 'broken'));
  for (const name of ['link', 'broken']) {
    t.match(parents.obstacleFor(`${name}/a/b`), `${name} is a symbolic link`);
    t.throws(() => parents.make(`${name}/a/b`, resource));
  }
  t.strictSame(readdirSync(join(outside, 'elsewhere')), []);
  t.notOk(existsSync(join(root, 'nowhere')));
});

t.test('a link that was put there after the first look is not followed either', async (t) => {
  const { outside, root, resource, parents } = setUp(t);
  t.equal(parents.obstacleFor('new/a'), undefined);
  symlinkSync(join(outside, 'elsewhere'), join(root, 'new'));
  t.throws(() => parents.make('new/a', resource), { name: 'UserError' });
});

t.test('a directory that another made meanwhile is taken', async (t) => {
  const { root, resource, parents } = setUp(t);
  t.equal(parents.obstacleFor('new/a'), undefined);
  mkdirSync(join(root, 'new'));
  parents.make('new/a', resource);
  t.strictSame(readdirSync(join(root, 'new')), []);
});

t.test('a file where a directory should be is in the way', async (t) => {
  const { root, resource, parents } = setUp(t);
  t.match(parents.obstacleFor('file/a'), 'file is a file, where a directory should be');
  t.throws(() => parents.make('file/a', resource), { code: 'EEXIST' });
  t.equal(parents.obstacleFor('there/a'), undefined);
  t.equal(parents.obstacleFor('a'), undefined);
  writeFileSync(join(root, 'there', 'x'), '');
  t.match(parents.obstacleFor('there/x/y/z'), 'there/x is a file');
});

t.test('a root that is missing is no obstacle, and each directory is looked at once', async (t) => {
  const { root, parents } = setUp(t);
  t.equal(new Parents(join(root, 'no', 'such')).obstacleFor('a/b'), undefined);
  t.equal(parents.obstacleFor('there/a'), undefined);
  rmSync(join(root, 'there'), { recursive: true });
  writeFileSync(join(root, 'there'), '');
  t.equal(parents.obstacleFor('there/b'), undefined);
});
