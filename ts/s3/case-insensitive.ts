import { basename, dirname, join } from 'node:path';
import { look } from './local.js';

/** Whether the file system at a path takes `A` and `a` for one; looked up without writing. */
export function isCaseInsensitive(path: string): boolean {
  const stats = look(path);
  const name = basename(path);
  const swapped = name.replace(/\p{L}/gu, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
  const parent = dirname(path);
  if (!stats || swapped === name) return parent !== path && isCaseInsensitive(parent);
  return look(join(parent, swapped))?.ino === stats.ino;
}
