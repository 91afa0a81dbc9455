import { closeSync, constants, mkdirSync, openSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../helper/errors.js';
import { pathOf } from './file-name.js';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

/** Gives a directory that was just made its owner and mode. */
export type Made = (fd: number, parts: string[]) => void;

/**
 * The directories below a root, each opened in its parent and not through a link, as openat does:
 * whoever may write below the root cannot swap one for a link between a check and a write.
 */
export class OpenDirectories {
  readonly #root: number;
  /** The open directories on the way to the last path. */
  readonly #way: { name: string; fd: number }[] = [];

  /** The root itself is the operator's word, and may be a link. */
  constructor(root: string) {
    this.#root = openSync(root, DIRECTORY);
  }

  close(): void {
    this.#leave(0);
    closeSync(this.#root);
  }

  /** The directory of these parts, open until the next call; with `made`, what is missing is made. */
  enter(parts: string[], made?: Made): number {
    let depth = 0;
    while (depth < parts.length && this.#way[depth]?.name === parts[depth]) depth++;
    this.#leave(depth);
    for (const name of parts.slice(depth)) {
      const path = pathOf(within(this.#way.at(-1)?.fd ?? this.#root, name));
      const created = made !== undefined && makeDirectory(path);
      const fd = openSync(path, DIRECTORY | constants.O_NOFOLLOW);
      this.#way.push({ name, fd });
      if (created)
        made(
          fd,
          this.#way.map((step) => step.name),
        );
    }
    return this.#way.at(-1)?.fd ?? this.#root;
  }

  /** A path by which a file below the root is reached until the next call. */
  reach(key: string, made?: Made): string {
    const parts = key.split('/');
    const name = parts.pop() as string;
    return within(this.enter(parts, made), name);
  }

  /** Whether an open file is in the directory in which this key is. */
  holds(fd: number, key: string): boolean {
    const directory = this.enter(key.split('/').slice(0, -1));
    return dirname(whereabouts(fd)) === whereabouts(directory);
  }

  #leave(depth: number): void {
    for (const { fd } of this.#way.splice(depth)) closeSync(fd);
  }
}

export function within(directory: number, name: string): string {
  return `/proc/self/fd/${directory}/${name}`;
}

/** Where the kernel has what is open. */
function whereabouts(fd: number): string {
  return readlinkSync(`/proc/self/fd/${fd}`);
}

function makeDirectory(path: string | Buffer): boolean {
  try {
    mkdirSync(path, 0o700);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}
