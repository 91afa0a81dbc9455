import { chmodSync, lstatSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { attributesFor, directoryMode } from '../../../ts/s3/attributes.js';
import type { S3Resource } from '../../../ts/s3/resource.js';

const resource: S3Resource = { path: '/x', ensure: 'present' };
// Nobody is named: the system decides, and a setgid directory hands on its group.
const [owner, group] = [undefined, undefined];

t.test("a new file is Puppet's, and readable by all", async (t) => {
  t.strictSame(attributesFor(resource, undefined), { owner, group, mode: 0o644 });
});

t.test('what is asked for is given', async (t) => {
  const asked = { ...resource, owner: 12, group: 0, mode: '4711' };
  t.strictSame(attributesFor(asked, undefined), { owner: 12, group: 0, mode: 0o4711 });
});

t.test('what is not asked for stays as the file before had it', async (t) => {
  const dir = t.testdir({ file: '' });
  chmodSync(join(dir, 'file'), 0o2751);
  const old = Object.assign(lstatSync(join(dir, 'file')), { uid: 41, gid: 42 });
  t.strictSame(attributesFor(resource, old), { owner: 41, group: 42, mode: 0o2751 });
  t.strictSame(attributesFor({ ...resource, group: 7 }, old), {
    owner: 41,
    group: 7,
    mode: 0o2751,
  });
});

t.test('a link or a directory that is replaced hands nothing down', async (t) => {
  const dir = t.testdir();
  symlinkSync('nowhere', join(dir, 'link'));
  for (const path of [dir, join(dir, 'link')]) {
    const old = Object.assign(lstatSync(path), { uid: 41, gid: 42 });
    t.strictSame(attributesFor(resource, old), { owner, group, mode: 0o644 });
  }
});

t.test('a directory is searchable by whoever may read', async (t) => {
  t.equal(directoryMode(undefined), 0o755);
  t.equal(directoryMode('0640'), 0o750);
  t.equal(directoryMode('0400'), 0o500);
  t.equal(directoryMode('4755'), 0o755);
});
