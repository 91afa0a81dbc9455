import { stackOf } from './errors.js';
import type { Redactor } from './redact.js';

/** Of an error that no one caught Puppet quotes what is said on stderr: that has no secret either. */
export function redactLastWords(
  process: Pick<NodeJS.Process, 'on' | 'stderr' | 'exit'>,
  redactor: Redactor,
): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${redactor.clean(stackOf(error))}\n`);
    process.exit(1);
  });
}
