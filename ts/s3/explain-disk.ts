import { codeOf, messageOf, UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';

/** Turns a failure of the file system into one line that says what to do. */
export function explainDisk(error: unknown, path: string): UserError {
  if (error instanceof UserError) return error;
  const code = codeOf(error);
  return new UserError(code || 'disk', `${printable(path)}: ${reason(code, error)}`, {
    cause: error,
  });
}

function reason(code: string, error: unknown): string {
  switch (code) {
    case 'ENOSPC':
      return 'no space left on the device; free some, the old file is untouched';
    case 'EDQUOT':
      return 'the disk quota is used up; free some, the old file is untouched';
    case 'EROFS':
      return 'the file system is mounted read-only; mount it writable, or correct path';
    case 'EACCES':
    case 'EPERM':
      return `permission denied (${code}); check the owner and mode of its directory, immutable flags, and who runs Puppet`;
    case 'ENOENT':
      return 'its directory does not exist; declare it as a file resource with ensure => directory';
    case 'ENOTDIR':
      return 'a file stands where its directory should be; remove it, or correct path';
    case 'EISDIR':
      return 'is a directory; remove it, or correct path';
    case 'ENAMETOOLONG':
      return 'the name is too long for this file system; choose a shorter one';
    default:
      return messageOf(error);
  }
}
