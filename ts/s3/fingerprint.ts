import type { Stats } from 'node:fs';

/**
 * What changes whenever the bytes do. mtime can be put back by anyone; ctime cannot: the kernel
 * sets it on every write, chmod, rename and utimes. The inode number tells a file that was
 * replaced, the size catches what a coarse clock might miss.
 */
export function fingerprint(stats: Stats): string {
  return `${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
}
