import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Objects } from './objects.js';

/** A time counts only if the work was done. */
export function assertArrived(dir: string, { keys, bytes }: Objects): void {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const wrong = files.filter((file) => statSync(file).size !== bytes);
  if (files.length !== keys.length || wrong.length > 0) {
    throw new Error(
      `${dir} has ${files.length} files, ${wrong.length} of them of a wrong size; ` +
        `${keys.length} of ${bytes} bytes were to come`,
    );
  }
}
