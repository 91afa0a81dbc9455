import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../helper/errors.js';
import { printable } from '../../helper/printable.js';
import type { ArchiveEntry } from './entry.js';

type Kind = 'file' | 'directory' | 'symlink';

const A_KIND: Record<Kind, string> = {
  file: 'a file',
  directory: 'a directory',
  symlink: 'a symbolic link',
};

/**
 * Checks the entries of an archive, in their order, for all that would leave the directory they are
 * extracted into: by their names, through links of the archive, or through links on disk.
 */
export class EntryNames {
  readonly #kinds = new Map<string, Kind>();

  constructor(
    readonly archive: string,
    readonly into: string,
  ) {}

  /** The parts of the entry's path; none for the directory itself. */
  check(entry: ArchiveEntry): string[] {
    const { kind, name } = entry;
    if (typeof kind === 'object') throw this.#refuse(entry, `is ${kind.other}`);
    const parts = this.#parts(entry, name);
    if (parts.length === 0 && kind !== 'directory') throw this.#refuse(entry, 'names no file');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      this.#claim(parent, 'directory', (found) =>
        this.#refuse(entry, `goes through ${printable(parent)}, which is ${found}`),
      );
    }
    if (kind === 'symlink') this.#checkSymlink(entry, parts.length);
    const claimed = kind === 'hardlink' ? this.#checkHardLink(entry) : kind;
    if (parts.length > 0) {
      this.#claim(parts.join('/'), claimed, (found) =>
        this.#refuse(entry, `is ${A_KIND[claimed]}, but in its place is ${found}`),
      );
    }
    return parts;
  }

  /** The parts of the path that an entry, if it is a hard link, is another name of. */
  linkParts(entry: ArchiveEntry): string[] {
    return entry.kind === 'hardlink' ? this.#parts(entry, entry.target ?? '') : [];
  }

  #parts(entry: ArchiveEntry, name: string): string[] {
    if (name.startsWith('/')) throw this.#refuse(entry, 'has an absolute path');
    if (name.includes('\0')) throw this.#refuse(entry, 'has a NUL character in its path');
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw this.#refuse(entry, 'has .. in its path');
    return parts;
  }

  // Only a file may take the place of another: a link may become a file or a file a link, but a
  // directory stays one.
  #claim(path: string, kind: Kind, refuse: (found: string) => UserError): void {
    const before = this.#kinds.get(path);
    if (before !== undefined) {
      if ((before === 'directory') !== (kind === 'directory')) {
        throw refuse(`${A_KIND[before]} of the archive`);
      }
    } else {
      const stats = lstatSync(join(this.into, path), { throwIfNoEntry: false });
      if (stats && stats.isDirectory() !== (kind === 'directory')) {
        const found = stats.isDirectory()
          ? 'directory'
          : stats.isSymbolicLink()
            ? 'symlink'
            : 'file';
        throw refuse(`${A_KIND[found]} on disk`);
      }
    }
    this.#kinds.set(path, kind);
  }

  // `..` is allowed only at the beginning of a target. There it counts from a directory that is no
  // link, so that its end is known; after a name, which may be a link, it is not.
  #checkSymlink(entry: ArchiveEntry, depth: number): void {
    const target = entry.target ?? '';
    const to = `is a symbolic link to ${printable(target)}`;
    if (target === '' || target.includes('\0'))
      throw this.#refuse(entry, `${to}, which is no path`);
    if (target.startsWith('/')) throw this.#refuse(entry, `${to}, an absolute path`);
    const names = target.split('/').filter((name) => name !== '' && name !== '.');
    const climbs = names.findIndex((name) => name !== '..');
    const ups = climbs < 0 ? names.length : climbs;
    if (ups >= depth || names.slice(ups).includes('..')) {
      throw this.#refuse(entry, `${to}, which may leave the directory`);
    }
  }

  #checkHardLink(entry: ArchiveEntry): Kind {
    const kind = this.#kinds.get(this.linkParts(entry).join('/'));
    if (kind === 'file') return kind;
    const to = printable(entry.target ?? '');
    throw this.#refuse(entry, `is a hard link to ${to}, which is no earlier file of the archive`);
  }

  #refuse(entry: ArchiveEntry, why: string): UserError {
    return new UserError(
      'archive_refused',
      `${printable(this.archive)}: entry ${printable(entry.name)} ${why}; refused to extract it`,
    );
  }
}
