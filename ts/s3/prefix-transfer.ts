import { join } from 'node:path';
import { messageOf } from '../helper/errors.js';
import { attributesFor } from './attributes.js';
import { describe, type Held } from './compare.js';
import type { Environment } from './environment.js';
import { explainDisk } from './explain-disk.js';
import { fetchBeside } from './fetch.js';
import { fromListing } from './find.js';
import { flushFileSystem } from './flush.js';
import { look } from './local.js';
import { type Bring, knownFile } from './prefix-judge.js';
import type { KnownFile } from './prefix-ledger.js';
import type { PrefixPlan } from './prefix-scan.js';
import { Progress } from './progress.js';
import type { S3Resource } from './resource.js';
import { printable } from './safe-key.js';
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
  ) {
    this.#bucket = parseSource(resource.source ?? '').bucket;
  }

  async run(plan: PrefixPlan): Promise<void> {
    const bytes = plan.bring.reduce((sum, { object }) => sum + object.size, 0);
    const progress = new Progress(this.resource.path, bytes, this.env.log);
    const queue = plan.bring.values();
    const worker = async (): Promise<void> => {
      for (const item of queue) await this.#bring(item, plan, progress);
    };
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, plan.bring.length) }, worker));
    this.#flush();
    await this.#flushing;
  }

  async #bring(item: Bring, plan: PrefixPlan, progress: Progress): Promise<void> {
    const target = join(this.resource.path, item.key);
    try {
      plan.parents.make(item.key, this.resource);
      const wanted = { remote: fromListing(this.#bucket, item.object), target, progress };
      const client = this.env.clients.for(this.resource);
      const held = item.held ?? (await fetchBeside(target, wanted, client, this.env));
      held.file.seal(
        attributesFor(this.resource, item.is === undefined ? undefined : look(target)),
        { flush: false },
      );
      this.#batch.push({ item, held });
      this.#batchBytes += item.object.size;
      if (this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_BYTES) this.#flush();
    } catch (error) {
      this.failed.push({ key: item.key, why: messageOf(error) });
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
    for (const { item, held } of batch) {
      try {
        held.file.place();
        const stats = look(join(this.resource.path, item.key));
        if (stats)
          this.placed.push(knownFile(item.key, held.arrival.remote, held.arrival.digests, stats));
        const to = describe(held.arrival.remote);
        const key = printable(item.key);
        this.env.log(
          'info',
          item.is === undefined ? `added ${key} ${to}` : `changed ${key} from ${item.is} to ${to}`,
        );
      } catch (error) {
        this.failed.push({ key: item.key, why: messageOf(error) });
      }
    }
  }
}
