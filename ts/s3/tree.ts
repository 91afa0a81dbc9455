import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../helper/errors.js';
import { explainDisk } from './explain-disk.js';
import { isTemporary } from './incoming.js';
import { compareKeys } from './safe-key.js';

/**
 * The files below a directory by relative path, in S3's order of keys, one directory in memory at
 * a time. Links are named, not followed; directories themselves are not.
 */
export function* walk(root: string, below = ''): Generator<string> {
  const names = entries(join(root, below))
    .filter((entry) => !isTemporary(entry.name))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort(compareKeys);
  for (const name of names) {
    if (name.endsWith('/')) yield* walk(root, below + name);
    else yield below + name;
  }
}

function entries(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw explainDisk(error, directory);
  }
}
