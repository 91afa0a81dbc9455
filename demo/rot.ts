import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';

/** Changes one byte of a file and leaves its size and mtime as they were. */
export function rot(path: string): void {
  const { atime, mtime } = statSync(path);
  const bytes = readFileSync(path);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
}
