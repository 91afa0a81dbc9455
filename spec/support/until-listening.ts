import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from './daemon.js';

/** Waits until a server of ours takes connections on this port of 127.0.0.1. */
export async function untilListening(port: number, daemon: Daemon): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await listens(port))) {
    daemon.assertRunning();
    if (Date.now() > deadline) throw new Error(`nothing listens on port ${port}`);
    await sleep(20);
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
