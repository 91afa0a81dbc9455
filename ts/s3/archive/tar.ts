import type { Readable } from 'node:stream';
import type { ReadEntry } from 'tar';
import { Parser } from 'tar/parse';
import type { ArchiveEntry, Visit } from './entry.js';

/** Visits the entries of a tar archive, one after the other, as they come. */
export async function visitTar(stream: Readable, visit: Visit): Promise<void> {
  let visits = Promise.resolve();
  let current: ReadEntry | undefined;
  let failure: unknown;
  let empty = true;
  let sawEnd = false;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => {
        failure ??= error;
        // A visitor that waits for more of its entry would wait for ever.
        current?.destroy(error);
        reject(error);
      };
      const enqueue = (entry: ReadEntry): void => {
        empty = false;
        visits = visits.then(async () => {
          if (failure !== undefined) return;
          current = entry;
          try {
            await visit(archiveEntry(entry));
          } finally {
            current = undefined;
          }
          // The parser waits until all of an entry is read.
          entry.resume();
        });
        visits.catch(fail);
      };
      const parser = new Parser({ strict: true });
      parser.on('entry', enqueue);
      // What the parser does not know it would skip in silence.
      parser.on('ignoredEntry', enqueue);
      parser.on('eof', () => {
        sawEnd = true;
      });
      parser.on('error', (error) => {
        // The parser takes an archive without entries for none.
        if (!empty || !sawEnd) fail(error);
      });
      parser.on('end', () => visits.then(resolve, reject));
      stream.on('error', fail);
      stream.pipe(parser as unknown as NodeJS.WritableStream);
    });
  } finally {
    stream.destroy();
    // A visitor must not go on writing after its caller was told of the failure, which has it all.
    await visits.catch(() => {});
  }
  // Cut between two entries, a tar looks whole but for this.
  if (!sawEnd) throw new Error('its end is missing');
}

function archiveEntry(entry: ReadEntry): ArchiveEntry {
  return {
    name: entry.path,
    kind: kindOf(entry),
    mode: entry.mode,
    ...(entry.linkpath === undefined ? {} : { target: entry.linkpath }),
    content: () => contentOf(entry),
  };
}

// After a failure an entry may end early without a word.
async function* contentOf(entry: ReadEntry): AsyncGenerator<Uint8Array> {
  let missing = entry.size;
  for await (const chunk of entry as AsyncIterable<Uint8Array>) {
    missing -= chunk.length;
    yield chunk;
  }
  if (missing !== 0) throw new Error('an entry is cut short');
}

function kindOf(entry: ReadEntry): ArchiveEntry['kind'] {
  // GNU tar's way to write files with holes: the content is a map and pieces.
  if (/(?:^|\/)GNUSparseFile\.\d+\//.test(entry.path)) return { other: 'a sparse file' };
  switch (entry.type) {
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
      return entry.path.endsWith('/') ? 'directory' : 'file';
    case 'Directory':
    case 'GNUDumpDir':
      return 'directory';
    case 'SymbolicLink':
      return 'symlink';
    case 'Link':
      return 'hardlink';
    case 'CharacterDevice':
    case 'BlockDevice':
      return { other: 'a device' };
    case 'FIFO':
      return { other: 'a named pipe' };
    default:
      return { other: `an entry of type ${entry.type}` };
  }
}
