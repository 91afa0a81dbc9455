import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { messageOf } from '../helper/errors.js';
import type { Log } from '../helper/serve.js';
import { compareKeys } from './safe-key.js';

/** What was last known to be true of one file of a prefix. */
export interface KnownFile {
  key: string;
  etag: string;
  size: number;
  fingerprint: string;
  digest: string;
  value: string;
}

/**
 * The memory of one prefix: a line a file, sorted by key, read and written as a stream so that it
 * costs no more memory for a million files than for ten. Its first line names the source.
 */
export class PrefixLedger {
  readonly #file: string;

  constructor(
    stateDir: string,
    path: string,
    readonly source: string,
  ) {
    const id = createHash('sha256').update(path).digest('hex').slice(0, 32);
    this.#file = join(stateDir, `prefix-${id}.jsonl`);
  }

  *read(): Generator<KnownFile> {
    let previous: string | undefined;
    for (const line of linesOf(this.#file)) {
      const parsed = parse(line);
      if (previous === undefined) {
        if (parsed?.[0] !== this.source) return;
        previous = '';
        continue;
      }
      // Damaged or out of order: what follows is proved anew.
      if (parsed?.length !== 6 || compareKeys(parsed[0] as string, previous) <= 0) return;
      const [key, etag, size, fingerprint, digest, value] = parsed as [
        string,
        string,
        number,
        string,
        string,
        string,
      ];
      previous = key;
      yield { key, etag, size, fingerprint, digest, value };
    }
  }

  /** Starts the next edition, beside this one until it is complete. */
  rewrite(): LedgerWriter {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    return new LedgerWriter(this.#file, this.source);
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

/** The next edition: nothing is written as long as it is no other than the last. */
export class LedgerDraft {
  #writer: LedgerWriter | undefined;
  #unchanged = 0;
  #broken = false;

  constructor(
    readonly ledger: PrefixLedger,
    readonly log: Log,
  ) {}

  /** A line of the next edition, and whether it is the next of the last one as well. */
  keep(file: KnownFile, unchanged: boolean): void {
    if (unchanged && !this.#writer) this.#unchanged++;
    else this.#safely(() => this.#begin().add(file));
  }

  /** A line of the last edition is not in the next one. */
  drop(): void {
    this.#safely(() => this.#begin());
  }

  /** Adds what has come since, sorted by key, and puts the new edition in place. */
  finish(added: KnownFile[]): void {
    this.#safely(() => this.#finish(added));
  }

  discard(): void {
    this.#writer?.discard();
    this.#writer = undefined;
  }

  #finish(added: KnownFile[]): void {
    if (added.length > 0) this.#begin();
    const writer = this.#writer;
    if (!writer) return;
    this.#writer = undefined;
    writer.finish();
    if (added.length === 0) return;
    const merged = this.ledger.rewrite();
    let at = 0;
    for (const file of this.ledger.read()) {
      for (let next = added[at]; next && compareKeys(next.key, file.key) < 0; next = added[++at])
        merged.add(next);
      merged.add(file);
    }
    for (const next of added.slice(at)) merged.add(next);
    merged.finish();
  }

  /** Without a ledger the next run hashes; that is no reason to fail this one. */
  #safely(write: () => void): void {
    if (this.#broken) return;
    try {
      write();
    } catch (error) {
      this.#broken = true;
      this.discard();
      this.log(
        'warning',
        `the ledger cannot be written, the next run will read every file: ${messageOf(error)}`,
      );
    }
  }

  #begin(): LedgerWriter {
    if (this.#writer) return this.#writer;
    const writer = this.ledger.rewrite();
    this.#writer = writer;
    let left = this.#unchanged;
    for (const file of this.ledger.read()) {
      if (left-- === 0) break;
      writer.add(file);
    }
    return writer;
  }
}

const FLUSH_AT = 64 * 1024;

/** Lines come sorted. */
export class LedgerWriter {
  readonly #beside: string;
  readonly #fd: number;
  #buffer = '';

  constructor(
    readonly file: string,
    source: string,
  ) {
    this.#beside = `${file}.new`;
    this.#fd = openSync(this.#beside, 'w', 0o600);
    this.#buffer = `${JSON.stringify([source])}\n`;
  }

  add({ key, etag, size, fingerprint, digest, value }: KnownFile): void {
    this.#buffer += `${JSON.stringify([key, etag, size, fingerprint, digest, value])}\n`;
    if (this.#buffer.length >= FLUSH_AT) this.#flush();
  }

  finish(): void {
    this.#flush();
    closeSync(this.#fd);
    renameSync(this.#beside, this.file);
  }

  discard(): void {
    closeSync(this.#fd);
    rmSync(this.#beside, { force: true });
  }

  #flush(): void {
    writeFileSync(this.#fd, this.#buffer);
    this.#buffer = '';
  }
}

function* linesOf(file: string): Generator<string> {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return;
  }
  try {
    const decoder = new StringDecoder('utf8');
    const chunk = Buffer.allocUnsafe(64 * 1024);
    let rest = '';
    for (;;) {
      const bytes = readSync(fd, chunk, 0, chunk.length, null);
      if (bytes === 0) return;
      const pieces = (rest + decoder.write(chunk.subarray(0, bytes))).split('\n');
      rest = pieces.pop() ?? '';
      yield* pieces;
    }
  } finally {
    closeSync(fd);
  }
}

function parse(line: string): unknown[] | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
