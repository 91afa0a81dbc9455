import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../helper/errors.js';
import { explainDisk } from './explain-disk.js';
import { nameOf, pathOf } from './file-name.js';
import { isTemporary } from './incoming.js';
import { compareKeys } from './safe-key.js';

/**
 * The files below a directory by relative path, in S3's order of keys, one directory in memory at
 * a time. Links are named, not followed; directories themselves are not. To a system call, what
 * comes of it goes by `pathOf`.
 */
export function* walk(root: string, below = ''): Generator<string> {
  const names = entries(join(root, below))
    .filter((entry) => !isTemporary(entry.name))
    .map(({ name, isDirectory }) => (isDirectory ? `${name}/` : name))
    .sort(compareKeys);
  for (const name of names) {
    if (name.endsWith('/')) yield* walk(root, below + name);
    else yield below + name;
  }
}

function entries(directory: string): { name: string; isDirectory: boolean }[] {
  const path = pathOf(directory);
  try {
    const found = readdirSync(path, { withFileTypes: true });
    // Bytes that are no text have become this; asked for as bytes, all names would take twice as long.
    const lossy = found.some(({ name }) => name.includes('\ufffd'));
    const all = lossy ? readdirSync(path, { withFileTypes: true, encoding: 'buffer' }) : found;
    return all.map((entry) => ({
      name: typeof entry.name === 'string' ? entry.name : nameOf(entry.name),
      isDirectory: entry.isDirectory(),
    }));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw explainDisk(error, directory);
  }
}
