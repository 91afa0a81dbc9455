import { fchmodSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import { attributesFor, directoryMode } from './attributes.js';
import { describe, type Held } from './compare.js';
import type { Environment } from './environment.js';
import { explainDisk } from './explain-disk.js';
import { fetchBeside } from './fetch.js';
import { fromListing } from './find.js';
import { flushFileSystem } from './flush.js';
import { look } from './local.js';
import type { Made, OpenDirectories } from './open-directories.js';
import { give } from './ownership.js';
import { type Bring, knownFile } from './prefix-judge.js';
import type { KnownFile } from './prefix-ledger.js';
import type { PrefixPlan } from './prefix-scan.js';
import { Progress } from './progress.js';
import type { S3Resource } from './resource.js';
import { compareKeys } from './safe-key.js';
import { parseSource } from './source.js';

/** Objects fetched at once. Measured: more gains nothing on loopback, fewer lose under latency. */
const IN_FLIGHT = 48;
/** Files that wait for one flush together, and bytes. */
const BATCH_FILES = 1_000;
const BATCH_BYTES = 256 * 1024 * 1024;

export interface Failed {
  key: string;
  why: string;
}

/** Brings the files of a plan, many at once; one that fails does not hold up the others. */
export class Transfer {
  readonly placed: KnownFile[] = [];
  readonly failed: Failed[] = [];
  readonly #bucket: string;
  #batch: { item: Bring; held: Held }[] = [];
  #batchBytes = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(
    readonly resource: S3Resource,
    readonly env: Environment,
    readonly directories: OpenDirectories,
  ) {
    this.#bucket = parseSource(resource.source ?? '').bucket;
  }

  async run(plan: PrefixPlan): Promise<void> {
    const bytes = plan.bring.reduce((sum, { object }) => sum + object.size, 0);
    const progress = new Progress(this.resource.path, bytes, this.env.log);
    const queue = plan.bring.values();
    const worker = async (): Promise<void> => {
      for (const item of queue) await this.#bring(item, progress);
    };
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, plan.bring.length) }, worker));
    this.#flush();
    await this.#flushing;
  }

  async #bring(item: Bring, progress: Progress): Promise<void> {
    const target = join(this.resource.path, item.key);
    try {
      this.directories.reach(item.key, this.#made);
      const wanted = { remote: fromListing(this.#bucket, item.object), target, progress };
      const client = this.env.clients.for(this.resource);
      const held = item.held ?? (await fetchBeside(target, wanted, client, this.env));
      this.#seal(item, held);
      this.#batch.push({ item, held });
      this.#batchBytes += item.object.size;
      if (this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_BYTES) this.#flush();
    } catch (error) {
      this.failed.push({ key: item.key, why: explainDisk(error, target).message });
    }
  }

  #made: Made = (fd) => {
    give(fd, this.resource);
    fchmodSync(fd, directoryMode(this.resource.mode));
  };

  #seal({ key, is }: Bring, { file }: Held): void {
    try {
      // It was opened by its path: where that led elsewhere, no one may be given what is there.
      if (!this.directories.holds(file.fd, key))
        throw new UserError('moved', 'its directory was replaced in mid-run; run Puppet again');
      const old = is === undefined ? undefined : look(this.directories.reach(key));
      file.seal(attributesFor(this.resource, old), { flush: false });
    } catch (error) {
      file.discard();
      throw error;
    }
  }

  /** While a batch is flushed and placed, the next one is being fetched. */
  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length === 0) return;
    this.#flushing = this.#flushing.then(() => this.#place(batch));
  }

  async #place(batch: { item: Bring; held: Held }[]): Promise<void> {
    try {
      await flushFileSystem(this.resource.path);
    } catch (error) {
      for (const { item, held } of batch) {
        held.file.discard();
        this.failed.push({ key: item.key, why: explainDisk(error, this.resource.path).message });
      }
      return;
    }
    // In the order of keys, few directories are entered twice.
    for (const { item, held } of batch.sort((a, b) => compareKeys(a.item.key, b.item.key))) {
      try {
        const place = this.directories.reach(item.key);
        held.file.place(dirname(place));
        const stats = look(place);
        if (stats)
          this.placed.push(knownFile(item.key, held.arrival.remote, held.arrival.digests, stats));
        const to = describe(held.arrival.remote);
        const key = printable(item.key);
        this.env.log(
          'info',
          item.is === undefined ? `added ${key} ${to}` : `changed ${key} from ${item.is} to ${to}`,
        );
      } catch (error) {
        held.file.discard();
        const target = join(this.resource.path, item.key);
        this.failed.push({ key: item.key, why: explainDisk(error, target).message });
      }
    }
  }
}
