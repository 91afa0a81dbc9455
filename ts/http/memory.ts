import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messageOf, UserError } from '../helper/errors.js';
import { Journal } from '../helper/journal.js';
import type { Identity } from './identity.js';

/** What is known of one resource, by its title. */
export interface Remembered {
  /** The request that succeeded last. */
  sent?: Identity;
  /** A request that may have been sent, without success yet, and its idempotency key. */
  pending?: { key?: string; digest: string };
  /** A refresh that is still to be answered by a request. */
  owed?: boolean;
}

/** What this node has sent. Without it everything is sent once more. */
export class Memory {
  readonly #journal: Journal<Remembered>;
  readonly #keyFile: string;
  #key: string | undefined;

  constructor(readonly stateDir: string) {
    this.#journal = new Journal(join(stateDir, 'sent.jsonl'));
    this.#keyFile = join(stateDir, 'key');
  }

  get(title: string): Remembered {
    try {
      return this.#journal.get(title) ?? {};
    } catch (error) {
      throw new UserError(
        'ledger',
        `the ledger of what was sent cannot be read, so nothing is sent: ${messageOf(error)}`,
      );
    }
  }

  /** What is flushed is on disk when this returns; whoever cannot write it down must not send. */
  set(title: string, entry: Remembered, options: { flush?: boolean } = {}): void {
    const isEmpty = !entry.sent && !entry.pending && !entry.owed;
    try {
      this.#journal.set(title, isEmpty ? undefined : entry, options);
    } catch (error) {
      throw unwritable(error);
    }
  }

  close(): void {
    this.#journal.close();
  }

  /** The key of the digests, made at the first use; in noop one that is forgotten again. */
  key(noop: boolean): string {
    this.#key ??= readIfThere(this.#keyFile);
    // Not kept: another resource of this run may be one that is sent.
    if (this.#key === undefined && noop) return randomKey();
    this.#key ??= this.#make();
    return this.#key;
  }

  #make(): string {
    const beside = `${this.#keyFile}.${process.pid}`;
    try {
      mkdirSync(this.stateDir, { recursive: true, mode: 0o700 });
      writeFileSync(beside, randomKey(), { mode: 0o600, flush: true });
      // Whole or not at all, and never in the place of one that another run has just made.
      linkSync(beside, this.#keyFile);
    } catch (error) {
      // Another run was first; or there is a file where the directory should be.
      if (codeOf(error) !== 'EEXIST' || !existsSync(this.#keyFile)) throw unwritable(error);
    } finally {
      rmSync(beside, { force: true });
    }
    return readFileSync(this.#keyFile, 'utf8');
  }
}

function unwritable(error: unknown): UserError {
  return new UserError(
    'ledger',
    `the ledger of what was sent cannot be written: ${messageOf(error)}`,
  );
}

function randomKey(): string {
  return randomBytes(32).toString('hex');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new UserError('ledger', `${file} cannot be read: ${messageOf(error)}`);
  }
}
