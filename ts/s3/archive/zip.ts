import { constants } from 'node:fs';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { createDigest } from '../checksum.js';
import type { ArchiveEntry, Visit } from './entry.js';

const UNIX = 3;
const STORED = 0;
const DEFLATED = 8;
const MAX_LINK_BYTES = 4096;

/** Visits the entries of a zip archive, in the order of its directory. */
export async function visitZip(file: string, visit: Visit): Promise<void> {
  const zip = await openPromise(file, {
    lazyEntries: true,
    autoClose: false,
    // The names are checked here, with those of all kinds of archives, and said in the same words.
    decodeStrings: false,
  });
  try {
    for await (const entry of zip.eachEntry()) await visit(await archiveEntry(zip, entry));
  } finally {
    zip.close();
  }
}

async function archiveEntry(zip: ZipFile, entry: Entry): Promise<ArchiveEntry> {
  const { generalPurposeBitFlag, fileNameRaw, extraFields } = entry;
  const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
  const mode = entry.versionMadeBy >> 8 === UNIX ? entry.externalFileAttributes >>> 16 : 0;
  const found: ArchiveEntry = {
    name,
    kind: kindOf(entry, name, mode),
    // Zips made by programs that know no permissions hold zeros.
    mode: mode & 0o7777 || undefined,
    content: () => contentOf(zip, entry),
  };
  return found.kind === 'symlink' ? { ...found, target: await linkTarget(found, entry) } : found;
}

function kindOf(entry: Entry, name: string, mode: number): ArchiveEntry['kind'] {
  if (entry.isEncrypted()) return { other: 'encrypted' };
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    return { other: `compressed by method ${entry.compressionMethod}` };
  }
  switch (mode & constants.S_IFMT) {
    case constants.S_IFLNK:
      return 'symlink';
    case constants.S_IFDIR:
      return 'directory';
    case constants.S_IFREG:
    case 0:
      return name.endsWith('/') ? 'directory' : 'file';
    default:
      return { other: 'a device, pipe or socket' };
  }
}

async function linkTarget(found: ArchiveEntry, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > MAX_LINK_BYTES) throw new Error('a symbolic link is too long');
  const chunks: Uint8Array[] = [];
  for await (const chunk of found.content()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

// The library checks the size, but not the checksum.
async function* contentOf(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const checksum = createDigest('crc32');
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    checksum.update(chunk);
    yield chunk;
  }
  if (checksum.hex() !== entry.crc32.toString(16).padStart(8, '0')) {
    throw new Error('its checksum is not that of its content');
  }
}
