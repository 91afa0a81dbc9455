import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** A server process in the foreground that never outlives the process that started it. */
export interface Daemon {
  readonly pid: number;
  /** Throws, with the end of its log, once the process has ended by itself. */
  assertRunning(): void;
  stop(): Promise<void>;
}

export function startDaemon(
  argv: readonly [string, ...string[]],
  options: { log: string; env?: NodeJS.ProcessEnv },
): Daemon {
  const log = openSync(options.log, 'a');
  // pdeathsig: no exit handler runs when the starter itself is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
    stdio: ['ignore', log, log],
    env: options.env ?? process.env,
  });
  closeSync(log);
  child.unref();
  let ended = false;
  let reason: string | undefined;
  child.once('error', (error) => {
    ended = true;
    reason = error.message;
  });
  child.once('exit', () => {
    ended = true;
  });
  return {
    pid: child.pid ?? 0,
    assertRunning() {
      if (!ended) return;
      reason ??= readFileSync(options.log, 'utf8').slice(-1000);
      throw new Error(`${argv.join(' ')} has ended: ${reason}`);
    },
    async stop() {
      if (ended) return;
      child.ref();
      const exit = once(child, 'exit');
      // What it holds is thrown away: a graceful end would only cost seconds.
      child.kill('SIGKILL');
      await exit;
    },
  };
}
