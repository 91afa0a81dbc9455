import { closeSync, constants, mkdirSync, openSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '../helper/errors.js';
import { pathOf } from './file-name.js';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;

/** Files that come many at once are rarely of more directories than this. */
const MOST_OPEN = 64;

/** Gives a directory that was just made its owner and mode. */
export type Made = (fd: number, parts: string[]) => void;

/**
 * The directories below a root, each opened in its parent and not through a link, as openat does:
 * whoever may write below the root cannot swap one for a link between a check and a write.
 */
export class OpenDirectories {
  readonly #root: number;
  /** By their paths, the one that was asked for last at the end. */
  readonly #open = new Map<string, number>();

  /** The root itself is the operator's word, and may be a link. */
  constructor(root: string) {
    this.#root = openSync(root, DIRECTORY);
  }

  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
    closeSync(this.#root);
  }

  /** The directory of these parts, open until the next call; with `made`, what is missing is made. */
  enter(parts: string[], made?: Made): number {
    if (parts.length === 0) return this.#root;
    const path = parts.join('/');
    const fd = this.#open.get(path) ?? this.#openIn(parts, made);
    this.#open.delete(path);
    this.#open.set(path, fd);
    return fd;
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

  #openIn(parts: string[], made?: Made): number {
    const parent = this.enter(parts.slice(0, -1), made);
    const path = pathOf(within(parent, parts.at(-1) as string));
    const created = made !== undefined && makeDirectory(path);
    const fd = openSync(path, DIRECTORY | constants.O_NOFOLLOW);
    if (this.#open.size >= MOST_OPEN) this.#closeOldest();
    this.#open.set(parts.join('/'), fd);
    if (created) made(fd, parts);
    return fd;
  }

  #closeOldest(): void {
    for (const [path, fd] of this.#open) {
      this.#open.delete(path);
      closeSync(fd);
      return;
    }
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
