import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All that can be seen of a tree, or that there is none. A file that came and went again shows in
 * the times of its directory.
 */
export function snapshot(root: string): string[] {
  const stats = lstatSync(root, { bigint: true, throwIfNoEntry: false });
  if (!stats) return [`${root}: nothing`];
  const { ino, mode, uid, gid, size, mtimeNs, ctimeNs } = stats;
  const seen = [ino, mode.toString(8), uid, gid, size, mtimeNs, ctimeNs];
  if (stats.isSymbolicLink()) return [`${root} -> ${readlinkSync(root)} ${seen.join(' ')}`];
  if (!stats.isDirectory()) return [`${root}: ${seen.join(' ')} ${sha256(root)}`];
  const below = readdirSync(root).sort();
  return [`${root}/ ${seen.join(' ')}`, ...below.flatMap((name) => snapshot(join(root, name)))];
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
