import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScratchDir {
  path: string;
  remove(): Promise<void>;
}

/** A fresh directory that is removed when asked, or else when this process ends in any way. */
export function scratchDir(prefix: string): ScratchDir {
  const path = mkdtempSync(join(tmpdir(), `${prefix}-`));
  // It waits for the end of our pipe, which a Ctrl-C or a SIGKILL here brings about as well;
  // and tries again, as servers that die with us may still be writing.
  const remover = spawn(
    'sh',
    ['-c', 'read -r _; for i in 1 2 3 4 5; do rm -rf "$1" && break; sleep 0.2; done', 'sh', path],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  );
  const ended = once(remover, 'exit');
  ended.catch(() => undefined);
  remover.unref();
  // A pipe of node is a socket, which keeps the event loop alive unless told not to.
  const stdin = remover.stdin as Socket;
  stdin.unref();
  return {
    path,
    async remove() {
      remover.ref();
      stdin.end();
      await ended;
    },
  };
}
