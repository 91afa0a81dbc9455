import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { codeOf } from '../../helper/errors.js';
import { OpenDirectories, within } from '../open-directories.js';
import { TEMPORARY_PREFIX } from '../safe-key.js';
import type { ArchiveEntry } from './entry.js';

export interface Ownership {
  owner?: number;
  group?: number;
}

const UNCHANGED = -1;
// Neither setuid nor writable by others, whatever the archive says.
const ALLOWED_MODE = 0o755;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Writes the entries of an archive below a directory, each beside its place and then renamed. */
export class EntryWriter {
  readonly #directories: OpenDirectories;
  readonly #owner: number;
  readonly #group: number;
  readonly #created = new Set<string>();

  constructor(into: string, { owner = UNCHANGED, group = UNCHANGED }: Ownership) {
    this.#owner = owner;
    this.#group = group;
    try {
      mkdirSync(into);
      this.#created.add('');
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    this.#directories = new OpenDirectories(into);
    if (this.#created.has('')) this.#attribute(this.#directories.enter([]), ALLOWED_MODE);
  }

  close(): void {
    this.#directories.close();
  }

  /** Writes an entry to the path of these parts; a hard link is another name of `linkParts`. */
  async write(entry: ArchiveEntry, parts: string[], linkParts: string[]): Promise<void> {
    switch (entry.kind) {
      case 'directory':
        return this.#writeDirectory(entry, parts);
      case 'hardlink':
        return this.#writeHardLink(parts, linkParts);
      case 'symlink':
        return this.#place(parts, (temporary) => {
          symlinkSync(entry.target as string, temporary);
          lchownSync(temporary, this.#owner, this.#group);
        });
      default:
        return this.#place(parts, (temporary) => this.#writeFile(temporary, entry));
    }
  }

  #writeDirectory(entry: ArchiveEntry, parts: string[]): void {
    const fd = this.#enter(parts);
    // A directory that was there is kept as it is.
    if (this.#created.has(parts.join('/')) && entry.mode !== undefined) {
      this.#attribute(fd, entry.mode | 0o700);
    }
  }

  async #writeHardLink(parts: string[], linkParts: string[]): Promise<void> {
    // Opened again, to stay open while the directory of the link is entered.
    const source = openSync(within(this.#enter(linkParts.slice(0, -1)), '.'), DIRECTORY);
    try {
      await this.#place(parts, (temporary) => {
        linkSync(within(source, linkParts.at(-1) as string), temporary);
      });
    } finally {
      closeSync(source);
    }
  }

  async #place(parts: string[], make: (temporary: string) => Promise<void> | void): Promise<void> {
    const directory = this.#enter(parts.slice(0, -1));
    const name = parts.at(-1) as string;
    // The same name each time: what a killed run leaves, the next takes away.
    const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
    const temporary = within(directory, `${TEMPORARY_PREFIX}${hash}`);
    rmSync(temporary, { force: true });
    try {
      await make(temporary);
      renameSync(temporary, within(directory, name));
    } finally {
      // Of two names of one file, rename leaves both.
      rmSync(temporary, { force: true });
    }
  }

  async #writeFile(path: string, entry: ArchiveEntry): Promise<void> {
    const fd = openSync(path, NEW_FILE, 0o600);
    try {
      for await (const chunk of entry.content()) {
        for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
      }
      this.#attribute(fd, entry.mode ?? 0o644);
    } finally {
      closeSync(fd);
    }
  }

  #enter(parts: string[]): number {
    return this.#directories.enter(parts, (fd, made) => {
      this.#created.add(made.join('/'));
      this.#attribute(fd, ALLOWED_MODE);
    });
  }

  // The mode comes last, as a change of owner may clear some of it.
  #attribute(fd: number, mode: number): void {
    fchownSync(fd, this.#owner, this.#group);
    fchmodSync(fd, mode & ALLOWED_MODE);
  }
}
