import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../helper/errors.js';
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

/**
 * The memory of single files, by path: a cache that may be deleted at any time. Lines are
 * appended, the last of a path counts, and a line that a crash cut short is passed over.
 */
export class Ledger {
  readonly #file: string;
  #entries: Map<string, LedgerEntry> | undefined;
  #lines = 0;
  #changed = false;
  /** Ends a line that was cut short, which would spoil the next one. */
  #mend = '';

  constructor(
    stateDir: string,
    readonly log: Log,
  ) {
    this.#file = join(stateDir, 'files.jsonl');
  }

  get(path: string): LedgerEntry | undefined {
    return this.#load().get(path);
  }

  set(path: string, entry: LedgerEntry | undefined): void {
    const entries = this.#load();
    if (entry) entries.set(path, entry);
    else if (!entries.delete(path)) return;
    this.#changed = true;
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      const line = `${this.#mend}${JSON.stringify([path, entry ?? null])}\n`;
      appendFileSync(this.#file, line, { mode: 0o600 });
      this.#mend = '';
      this.#lines++;
    } catch (error) {
      this.#mend = '\n';
      this.log(
        'warning',
        `the ledger cannot be written, the next run will read ${path} again: ${messageOf(error)}`,
      );
    }
  }

  /** Writes the file anew once most of its lines are of the past. */
  compact(): void {
    if (!this.#changed || !this.#entries || this.#lines < 2 * this.#entries.size + 100) return;
    const beside = `${this.#file}.new`;
    const text = [...this.#entries].map((pair) => `${JSON.stringify(pair)}\n`).join('');
    writeFileSync(beside, text, { mode: 0o600 });
    renameSync(beside, this.#file);
    this.#lines = this.#entries.size;
  }

  #load(): Map<string, LedgerEntry> {
    if (this.#entries) return this.#entries;
    const entries = new Map<string, LedgerEntry>();
    const text = readIfThere(this.#file);
    if (text !== '' && !text.endsWith('\n')) this.#mend = '\n';
    const lines = text.split('\n').filter(Boolean);
    this.#lines = lines.length;
    for (const line of lines) {
      try {
        const [path, entry] = JSON.parse(line) as [string, LedgerEntry | null];
        if (entry) entries.set(path, entry);
        else entries.delete(path);
      } catch {
        // Cut short by a crash: what it said is proved anew.
      }
    }
    this.#entries = entries;
    return entries;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
