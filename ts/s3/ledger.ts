import { join } from 'node:path';
import { messageOf } from '../helper/errors.js';
import { Journal } from '../helper/journal.js';
import type { Log } from '../helper/serve.js';
import type { Digests } from './digest.js';

/** What was last known to be true of one file: these bytes, of that object, with this fingerprint. */
export interface LedgerEntry {
  /** s3://bucket/key. */
  source: string;
  etag: string;
  size: number;
  versionId?: string;
  /** Of the bytes, by algorithm, hex; `etag:SIZE` is the multipart ETag for that part size. */
  digests: Digests;
  /** '' where the file on disk is gone on purpose, its archive being extracted. */
  fingerprint: string;
  /** `ETag to directory` of the archive that was extracted last. */
  extracted?: string | undefined;
}

/** The memory of single files, by path: a cache that may be deleted at any time. */
export class Ledger {
  readonly #journal: Journal<LedgerEntry>;

  constructor(
    stateDir: string,
    readonly log: Log,
  ) {
    // What cannot be read is proved anew; where it cannot be written either, that is told.
    this.#journal = new Journal(join(stateDir, 'files.jsonl'), () => undefined);
  }

  get(path: string): LedgerEntry | undefined {
    return this.#journal.get(path);
  }

  set(path: string, entry: LedgerEntry | undefined): void {
    try {
      this.#journal.set(path, entry);
    } catch (error) {
      this.log(
        'warning',
        `the ledger cannot be written, the next run will read ${path} again: ${messageOf(error)}`,
      );
    }
  }

  close(): void {
    this.#journal.close();
  }
}
