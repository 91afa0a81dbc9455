import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** All that is at and below these paths, with every time that a write would change. */
export function picture(...paths: string[]): string {
  return paths.map(pictureOf).join('');
}

function pictureOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return '';
  const below = stats.isDirectory() ? readdirSync(path).sort() : [];
  const line = `${path} ${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}\n`;
  return line + below.map((name) => pictureOf(join(path, name))).join('');
}
