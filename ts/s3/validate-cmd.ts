import { execFile } from 'node:child_process';
import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';

const TIMEOUT_MS = 300_000;

/** Runs the operator's check on a new file, whose path stands for each `%`, before it takes its place. */
export function validate(command: readonly string[], file: string, target: string): Promise<void> {
  const [program = '', ...args] = command.map((word) => word.replaceAll('%', () => file));
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { timeout: TIMEOUT_MS, maxBuffer: Number.POSITIVE_INFINITY },
      (error, stdout, stderr) => {
        if (!error) return resolve();
        const said = `${stdout}${stderr}`.trim().split('\n').slice(-3).join(' / ');
        const how = error.killed ? 'took too long' : `failed (${error.code ?? error.signal})`;
        reject(
          new UserError(
            'invalid',
            `${target}: validate_cmd '${command.join(' ')}' ${how}; the old file is untouched${said ? `: ${printable(said)}` : ''}`,
          ),
        );
      },
    );
  });
}
