import { join } from 'node:path';
import { codeOf, messageOf, UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import { kindOf, openTar } from './archive/decompress.js';
import type { ArchiveEntry, Visit } from './archive/entry.js';
import { EntryNames } from './archive/entry-names.js';
import { EntryWriter, type Ownership } from './archive/entry-writer.js';
import { visitTar } from './archive/tar.js';
import { visitZip } from './archive/zip.js';
import { explainDisk } from './explain-disk.js';
import { flushFileSystem } from './flush.js';

/**
 * Extracts a zip or tar archive (plain, gz, bz2, xz, zst) into a directory, which is made if only it
 * is missing. All entries are checked before the first is written; nothing leaves the directory.
 *
 * Files are replaced and directories kept; files that the archive lacks are left alone. Files belong
 * to `owner` and `group`, else to whom they are written by, never to whom the archive says.
 */
export async function extractArchive(
  file: string,
  into: string,
  ownership: Ownership = {},
): Promise<{ entries: number }> {
  try {
    const visit = visitorOf(file);
    const planned = new EntryNames(file, into);
    await visit((entry) => void planned.check(entry));
    const names = new EntryNames(file, into);
    const writer = new EntryWriter(into, ownership);
    let entries = 0;
    try {
      await visit(async (entry) => {
        // Checked again, as it is read again.
        const parts = names.check(entry);
        await writer
          .write(entry, parts, names.linkParts(entry))
          .catch((error) => explain(error, entry, into));
        entries++;
      });
    } finally {
      writer.close();
    }
    await flushFileSystem(into);
    return { entries };
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (isSystemError(error)) throw explainDisk(error, into);
    const why = printable(messageOf(error).replace(/^TAR_\w+: /, ''));
    throw new UserError(
      'archive_damaged',
      `${printable(file)} is damaged or cut short: ${why}; publish it again`,
      { cause: error },
    );
  }
}

function visitorOf(file: string): (visit: Visit) => Promise<void> {
  const kind = kindOf(file);
  if (kind === undefined) {
    throw new UserError(
      'archive_unknown',
      `${printable(file)} is neither a zip nor a tar archive (plain or by gzip, bzip2, xz or zstd), ` +
        'so it cannot be extracted; leave extract out, or publish an archive',
    );
  }
  if (kind === 'zip') return (visit) => visitZip(file, visit);
  return (visit) => visitTar(openTar(file, kind), visit);
}

function explain(error: unknown, entry: ArchiveEntry, into: string): never {
  throw isSystemError(error) ? explainDisk(error, join(into, entry.name)) : error;
}

// The errors of the decompressor have codes too, but come from no call of the system.
function isSystemError(error: unknown): boolean {
  return codeOf(error) !== '' && (error as NodeJS.ErrnoException).syscall !== undefined;
}
