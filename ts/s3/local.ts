import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { codeOf } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import { explainDisk } from './explain-disk.js';

/** What is at a path now, a link not followed; undefined where there is nothing. */
export function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw explainDisk(error, path);
  }
}

/** Something that is no regular file, as the report names it. */
export function describeKind(path: string, stats: Stats): string {
  if (stats.isSymbolicLink()) return `link to ${printable(readlinkSync(path))}`;
  if (stats.isDirectory()) return 'directory';
  return 'special file';
}

export function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return false;
    throw explainDisk(error, path);
  }
}

export function permissions(stats: Stats): number {
  return stats.mode & 0o7777;
}

/** Four octal digits, as Puppet writes a mode. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
