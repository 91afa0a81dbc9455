import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ArchiveEntry } from '../../../../ts/s3/archive/entry.js';
import { EntryWriter } from '../../../../ts/s3/archive/entry-writer.js';

t.test('a directory that became a link after the check is not entered', async (t) => {
  const outside = t.testdir({ elsewhere: {}, into: { kept: {} } });
  const into = join(outside, 'into');
  const writer = new EntryWriter(into, {});
  t.teardown(() => writer.close());
  symlinkSync('../elsewhere', join(into, 'd'));
  symlinkSync('../../elsewhere', join(into, 'kept/d'));
  const file: ArchiveEntry = {
    name: 'evil',
    kind: 'file',
    mode: 0o644,
    content: async function* () {
      yield Buffer.from('evil');
    },
  };
  await t.rejects(writer.write(file, ['d', 'evil'], []), { code: 'ENOTDIR' });
  await t.rejects(writer.write(file, ['kept', 'd', 'sub', 'evil'], []), { code: 'ENOTDIR' });
  await t.rejects(writer.write({ ...file, kind: 'directory' }, ['d'], []), { code: 'ENOTDIR' });
  await t.rejects(writer.write({ ...file, kind: 'hardlink' }, ['h'], ['d', 'x']), {
    code: 'ENOTDIR',
  });
  t.strictSame(readdirSync(join(outside, 'elsewhere')), []);
});

t.test('the descriptors of all directories are closed', async (t) => {
  const into = t.testdir();
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  const writer = new EntryWriter(into, {});
  const entry: ArchiveEntry = {
    name: 'd',
    kind: 'directory',
    mode: 0o755,
    content: async function* () {},
  };
  mkdirSync(join(into, 'there'));
  for (const parts of [['a', 'b', 'c'], ['a', 'x'], ['there', 'y'], []]) {
    await writer.write(entry, parts, []);
  }
  const file: ArchiveEntry = { ...entry, kind: 'file' };
  await writer.write(file, ['a', 'b', 'file'], []);
  await writer.write({ ...file, kind: 'hardlink' }, ['a', 'link'], ['a', 'b', 'file']);
  await t.rejects(writer.write({ ...file, kind: 'hardlink' }, ['a', 'b'], ['a', 'b', 'file']));
  await t.rejects(writer.write({ ...file, kind: 'hardlink' }, ['a', 'l'], ['a', 'no']));
  await t.rejects(writer.write(file, ['a'], []));
  writer.close();
  t.equal(open(), before);
  t.strictSame(readdirSync(join(into, 'a')).sort(), ['b', 'link', 'x']);
});
