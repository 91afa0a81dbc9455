import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Answer, Failure, Hello, LogLine } from '../ts/helper/messages.js';
import type { Change, S3Resource, State } from '../ts/s3/resource.js';
import { endsWithUs } from './command.js';

export interface HelperRun {
  /** From the start of the process to its end. */
  ms: number;
  peakMiB: number;
  /** What was done; undefined where the resource was in sync. */
  change: string | undefined;
}

/** One resource through a helper of its own, as Puppet would: the whole life of the process. */
export async function runHelper(
  bundle: string,
  stateDir: string,
  resource: S3Resource,
): Promise<HelperRun> {
  const start = performance.now();
  const child = spawn('setpriv', [...endsWithUs, process.execPath, bundle], {
    env: { PATH: process.env.PATH, HOME: stateDir },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const incoming = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  const next = async (): Promise<Hello | Answer | Failure | LogLine> => {
    const line = await incoming.next();
    if (line.done) throw new Error('the helper ended in mid-talk');
    return JSON.parse(line.value);
  };
  let id = 0;
  const ask = async <Result>(method: string, params: object): Promise<Result> => {
    child.stdin.write(`${JSON.stringify({ id: ++id, method, params })}\n`);
    for (;;) {
      const message = await next();
      if ('result' in message) return message.result as Result;
      if ('error' in message) throw new Error(`${method}: ${message.error.message}`);
      if ('log' in message && message.log.level === 'warning') console.error(message.log.message);
    }
  };

  try {
    await next();
    await ask('open', { state_dir: stateDir });
    await ask('prefetch', { resources: [resource], noop: [] });
    const state = await ask<State>('check', { resource, noop: false });
    const change = state.content?.in_sync
      ? undefined
      : await ask<Change>('apply', { resource }).then(({ message }) => message);
    const peak = peakMiB(child.pid ?? 0);
    child.stdin.end();
    await exit;
    return { ms: performance.now() - start, peakMiB: peak, change };
  } finally {
    child.kill('SIGKILL');
  }
}

function peakMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
