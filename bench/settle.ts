import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Writes out what was written before, lest whoever flushes next pays for it. */
export async function settle(): Promise<void> {
  await run('sync', ['-f', tmpdir()]);
}
