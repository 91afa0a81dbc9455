import { readSync } from 'node:fs';
import { type MessagePort, Worker } from 'node:worker_threads';
import { createDigester, type DigestName, type Digests } from './digest.js';

interface Task {
  fd: number;
  names: DigestName[];
}

const CHUNK = 1024 * 1024;

/** A thread that hashes a file while it is still being written, up to where it is complete. */
export class HashThread {
  readonly #thread: Worker;
  readonly #answer: Promise<Digests>;

  constructor(fd: number, names: DigestName[]) {
    const task: Task = { fd, names };
    this.#thread = new Worker(__filename, { workerData: task });
    this.#answer = new Promise((resolve, reject) => {
      this.#thread.once('message', resolve);
      this.#thread.once('error', reject);
    });
    // Whoever stops the thread early does not wait for it.
    this.#answer.catch(() => undefined);
  }

  upTo(end: number): void {
    this.#thread.postMessage(end);
  }

  digests(): Promise<Digests> {
    this.#thread.postMessage('digests');
    return this.#answer;
  }

  async stop(): Promise<void> {
    await this.#thread.terminate();
  }
}

/** What the thread does. */
export function digestOnDemand(port: MessagePort, { fd, names }: Task): void {
  const digester = createDigester(names);
  const buffer = Buffer.allocUnsafe(CHUNK);
  let position = 0;
  port.on('message', (message: number | 'digests') => {
    if (message === 'digests') {
      port.postMessage(digester.digests());
      return;
    }
    while (position < message) {
      const bytes = readSync(fd, buffer, 0, Math.min(CHUNK, message - position), position);
      if (bytes === 0) throw new Error('the file became shorter while it was hashed');
      digester.update(buffer.subarray(0, bytes));
      position += bytes;
    }
  });
}
