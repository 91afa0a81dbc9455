import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Peers come from Debian, whatever else of the same name is installed. */
export const debianPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** Nothing that is measured outlives the bench, however it ends. */
export const endsWithUs = ['--pdeathsig', 'KILL', '--'];

export type Command = readonly [string, ...string[]];

/** Runs a peer as a whole process; tells its wall time in milliseconds, and its output. */
export async function runCommand(
  command: Command,
  env: Record<string, string>,
): Promise<{ ms: number; stdout: string }> {
  const start = performance.now();
  const child = spawn('setpriv', [...endsWithUs, ...command], {
    env: { PATH: debianPath, LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 600_000,
    killSignal: 'SIGKILL',
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  const ms = performance.now() - start;
  if (code !== 0) {
    throw new Error(`${command.join(' ')} ended with ${code}: ${output.stderr.slice(-1000)}`);
  }
  return { ms, stdout: output.stdout };
}
