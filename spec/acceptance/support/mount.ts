import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** A file system in memory: one that fills up, or can be made read-only. */
export interface Mount {
  makeReadOnly(): void;
  unmount(): void;
}

export function mountMemory(path: string, options: { bytes: number }): Mount {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${options.bytes}`, 'webhook-test', path]);
  return {
    makeReadOnly: () => {
      execFileSync('mount', ['-o', 'remount,ro', path]);
    },
    unmount: () => {
      execFileSync('umount', [path]);
    },
  };
}
