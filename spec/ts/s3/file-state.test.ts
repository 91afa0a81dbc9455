import { lstatSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { present } from '../../../ts/s3/file-state.js';
import type { S3Resource } from '../../../ts/s3/resource.js';

t.test('a file has its own mode, a link the one that is asked for', async (t) => {
  const dir = t.testdir();
  const [file, link] = [join(dir, 'file'), join(dir, 'link')];
  writeFileSync(file, '', { mode: 0o640 });
  symlinkSync('file', link);
  const resource: S3Resource = { path: link, ensure: 'present', mode: '600' };
  const { mode: _, ...without } = resource;
  t.equal(present(lstatSync(file), resource).mode, '0640');
  t.equal(present(lstatSync(link), resource).mode, '0600');
  t.equal(present(lstatSync(link), without).mode, undefined);
});
