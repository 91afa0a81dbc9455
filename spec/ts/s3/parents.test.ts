import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Parents } from '../../../ts/s3/parents.js';

function setUp(t: Test) {
  const outside = t.testdir({ root: { there: {}, file: '' }, elsewhere: {} });
  const root = join(outside, 'root');
  return { outside, root, parents: new Parents(root) };
}

t.test('a link on the way is in it, wherever it leads', async (t) => {
  const { outside, root, parents } = setUp(t);
  symlinkSync(join(outside, 'elsewhere'), join(root, 'link'));
  symlinkSync('nowhere', join(root, 'broken'));
  for (const name of ['link', 'broken'])
    t.match(parents.obstacleFor(`${name}/a/b`), `${name} is a symbolic link`);
});

t.test('a file where a directory should be is in the way', async (t) => {
  const { root, parents } = setUp(t);
  t.match(parents.obstacleFor('file/a'), 'file is a file, where a directory should be; remove it');
  t.equal(parents.obstacleFor('there/a'), undefined);
  t.equal(parents.obstacleFor('new/a'), undefined);
  t.equal(parents.obstacleFor('a'), undefined);
  writeFileSync(join(root, 'there', 'x'), '');
  t.match(parents.obstacleFor('there/x/y/z'), 'there/x is a file');
});

t.test('a root that is missing is no obstacle, and each directory is looked at once', async (t) => {
  const { root, parents } = setUp(t);
  t.equal(new Parents(join(root, 'no', 'such')).obstacleFor('a/b'), undefined);
  t.equal(parents.obstacleFor('there/a'), undefined);
  rmSync(join(root, 'there'), { recursive: true });
  mkdirSync(join(root, 'other'));
  writeFileSync(join(root, 'there'), '');
  t.equal(parents.obstacleFor('there/b'), undefined);
});
