import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './errors.js';

/**
 * A map that outlives the process. Lines are appended, the last of a key counts, and a line that a
 * crash cut short is passed over.
 */
export class Journal<Entry> {
  #entries: Map<string, Entry> | undefined;
  /** Kept open, since a run may write a thousand lines. */
  #fd: number | undefined;
  #lines = 0;
  #changed = false;
  /** Ends a line that was cut short, which would spoil the next one. */
  #mend = '';

  /** `onUnreadable` may throw what else is an empty memory. */
  constructor(
    readonly file: string,
    readonly onUnreadable: (error: unknown) => void = rethrow,
  ) {}

  get(key: string): Entry | undefined {
    return this.#load().get(key);
  }

  /** Remembers it for this run at any rate, and throws where it cannot be written. */
  set(key: string, entry: Entry | undefined, { flush = false } = {}): void {
    const entries = this.#load();
    if (entry !== undefined) entries.set(key, entry);
    else if (!entries.delete(key)) return;
    this.#changed = true;
    const line = `${this.#mend}${JSON.stringify([key, entry ?? null])}\n`;
    this.#mend = '\n';
    const fd = this.#open();
    writeSync(fd, line);
    if (flush) fsyncSync(fd);
    this.#mend = '';
    this.#lines++;
  }

  /** Writes the file anew if most of its lines are of the past by now. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    if (!this.#changed || !this.#entries || this.#lines < 2 * this.#entries.size + 100) return;
    const beside = `${this.file}.new`;
    const text = [...this.#entries].map((pair) => `${JSON.stringify(pair)}\n`).join('');
    writeFileSync(beside, text, { mode: 0o600, flush: true });
    renameSync(beside, this.file);
    this.#lines = this.#entries.size;
  }

  #open(): number {
    if (this.#fd === undefined) {
      mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
      this.#fd = openSync(this.file, 'a', 0o600);
    }
    return this.#fd;
  }

  #load(): Map<string, Entry> {
    if (this.#entries) return this.#entries;
    const entries = new Map<string, Entry>();
    const text = this.#read();
    if (text !== '' && !text.endsWith('\n')) this.#mend = '\n';
    const lines = text.split('\n').filter(Boolean);
    this.#lines = lines.length;
    for (const line of lines) {
      try {
        const [key, entry] = JSON.parse(line) as [string, Entry | null];
        if (entry) entries.set(key, entry);
        else entries.delete(key);
      } catch {
        // Cut short by a crash: what it said is as if it had not been.
      }
    }
    this.#entries = entries;
    return entries;
  }

  #read(): string {
    try {
      return readFileSync(this.file, 'utf8');
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.onUnreadable(error);
      return '';
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}
