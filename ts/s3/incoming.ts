import {
  appendFileSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  open,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from '../helper/errors.js';
import { explainDisk } from './explain-disk.js';
import { give } from './ownership.js';
import { TEMPORARY_PREFIX } from './safe-key.js';

/** Owner, group and permission bits that a file gets before it takes its place. */
export interface Attributes {
  /** Undefined leaves it to the system: a new file in a setgid directory has its group. */
  owner: number | undefined;
  group: number | undefined;
  mode: number;
}

/** A file being written beside its target. */
export interface IncomingFile {
  readonly fd: number;
  readonly path: string;
  /** Gives it its attributes and closes it; nothing more is written. */
  seal(attributes: Attributes, options: { flush: boolean }): void;
  /** Puts it in its place, in its directory by whichever path. */
  place(directory?: string): void;
  /** Begins anew. */
  truncate(): void;
  discard(): void;
}

const openFile = promisify(open);
const FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW;
/** Room for the prefix, a pid and a number, so that a long name keeps at least its end. */
const KEPT_NAME_BYTES = 200;

/**
 * Makes the temporary files of one run, and remembers in which directories they are, so that a
 * later run removes what this one leaves behind when it is killed.
 */
export class Incoming {
  readonly #record: string;
  readonly #directories = new Set<string>();
  readonly #open = new Set<IncomingFile>();
  #count = 0;
  #opening = 0;
  #swept = false;

  constructor(
    readonly stateDir: string,
    readonly pid: number = process.pid,
  ) {
    this.#record = join(stateDir, `run-${pid}`);
  }

  /** Off the main thread, since to make a file may wait for the file system's journal. */
  async create(target: string): Promise<IncomingFile> {
    const path = this.#beside(target);
    this.#opening++;
    try {
      return this.#file(target, path, await openFile(path, FLAGS, 0o600));
    } catch (error) {
      throw explainDisk(error, target);
    } finally {
      this.#opening--;
    }
  }

  /** At once, where nothing else is to be done meanwhile. */
  createNow(target: string): IncomingFile {
    const path = this.#beside(target);
    try {
      return this.#file(target, path, openSync(path, FLAGS, 0o600));
    } catch (error) {
      throw explainDisk(error, target);
    }
  }

  #beside(target: string): string {
    const directory = dirname(target);
    this.#remember(directory);
    return join(
      directory,
      `${TEMPORARY_PREFIX}${this.pid}-${this.#count++}-${tail(basename(target))}`,
    );
  }

  #file(target: string, path: string, opened: number): IncomingFile {
    const directory = dirname(target);
    let fd: number | undefined = opened;
    const close = (): void => {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    };
    const attempt = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        file.discard();
        throw explainDisk(error, target);
      }
    };
    const file: IncomingFile = {
      fd: opened,
      path,
      seal: (attributes, { flush }) =>
        attempt(() => {
          // chown first: it clears the setuid and setgid bits.
          give(file.fd, attributes);
          fchmodSync(file.fd, attributes.mode);
          if (flush) fsyncSync(file.fd);
          close();
        }),
      place: (at = directory) =>
        attempt(() => {
          renameSync(join(at, basename(path)), join(at, basename(target)));
          this.#open.delete(file);
        }),
      truncate: () => ftruncateSync(file.fd),
      discard: () => {
        close();
        this.#open.delete(file);
        removeIfPossible(path);
      },
    };
    this.#open.add(file);
    return file;
  }

  /** Removes what is still open, and the record of this run. */
  close(): void {
    for (const file of [...this.#open]) file.discard();
    // What is just being made is left to the next run, which finds it by the record.
    if (this.#opening === 0) rmSync(this.#record, { force: true });
    this.#directories.clear();
  }

  /** Removes what runs that were killed have left. */
  sweep(): void {
    if (this.#swept) return;
    this.#swept = true;
    for (const name of entriesOf(this.stateDir)) {
      const pid = /^run-(\d+)$/.exec(name)?.[1];
      if (!pid || (Number(pid) !== this.pid && isAlive(Number(pid)))) continue;
      const record = join(this.stateDir, name);
      for (const line of linesOf(record)) {
        const directory = line && parse(line);
        if (!directory) continue;
        for (const entry of entriesOf(directory)) {
          if (entry.startsWith(`${TEMPORARY_PREFIX}${pid}-`))
            removeIfPossible(join(directory, entry));
        }
      }
      removeIfPossible(record);
    }
  }

  #remember(directory: string): void {
    if (this.#directories.has(directory)) return;
    try {
      mkdirSync(this.stateDir, { recursive: true, mode: 0o700 });
      appendFileSync(this.#record, `${JSON.stringify(directory)}\n`, { mode: 0o600 });
    } catch (error) {
      throw explainDisk(error, this.#record);
    }
    this.#directories.add(directory);
  }
}

/** The end of a name, with its extension: what validates a file may look at it. */
function tail(name: string): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= KEPT_NAME_BYTES) return name;
  return bytes
    .subarray(-KEPT_NAME_BYTES)
    .toString('utf8')
    .replace(/^\uFFFD+/, '');
}

function parse(line: string): string | undefined {
  try {
    return JSON.parse(line) as string;
  } catch {
    // The run was killed while it wrote this line, and so made no file there.
    return undefined;
  }
}

/** None where the run that wrote it, or swept it, has just removed it. */
function linesOf(record: string): string[] {
  try {
    return readFileSync(record, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** What cannot be removed, from a file system that is read-only by now, say, is in no one's way. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    return;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Whether a name is of a file that some run is bringing. */
export function isTemporary(name: string): boolean {
  return name.startsWith(TEMPORARY_PREFIX);
}
