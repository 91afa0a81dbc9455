import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import { compare, describe, type Held } from './compare.js';
import { declaredElsewhere } from './declared-elsewhere.js';
import type { Environment } from './environment.js';
import { fromListing } from './find.js';
import { fingerprint } from './fingerprint.js';
import type { Listed } from './listed-keys.js';
import type { ListedObject } from './listing.js';
import { describeKind, look } from './local.js';
import type { Merged } from './merge.js';
import type { Parents } from './parents.js';
import type { KnownFile } from './prefix-ledger.js';
import type { S3Resource } from './resource.js';
import { selection } from './selection.js';
import { parseSource, sourceUrl } from './source.js';

/** A file to bring. */
export interface Bring {
  kind: 'bring';
  key: string;
  object: ListedObject;
  /** What is there now; undefined for nothing. */
  is?: string;
  why: string;
  held?: Held;
}

/** What is to be done about one key. */
export type Judgement =
  | { kind: 'same'; file: KnownFile; stats: Stats; settled: boolean }
  | { kind: 'kept'; stats: Stats }
  | Bring
  | { kind: 'remove'; key: string }
  | { kind: 'blocked'; key: string; why: string }
  | { kind: 'foreign' };

export type Item = Merged<Listed, KnownFile>;

/** Judges key by key; touches nothing. */
export class Judge {
  readonly #selected: (key: string) => boolean;
  readonly #declared: (key: string) => boolean;
  readonly #bucket: string;

  constructor(
    readonly resource: S3Resource,
    readonly env: Environment,
    readonly parents: Parents,
    readonly noop: boolean,
  ) {
    this.#selected = selection(resource);
    this.#declared = declaredElsewhere(resource);
    this.#bucket = parseSource(resource.source ?? '').bucket;
  }

  /** A promise only where bytes must be read or S3 be asked. */
  judge({ key, remote, local, known }: Item): Judgement | Promise<Judgement> {
    try {
      if (remote) return this.#judgeRemote(key, remote.object, local, known);
      if (local && this.resource.purge && this.#selected(key) && !this.#declared(key))
        return { kind: 'remove', key };
      return { kind: 'foreign' };
    } catch (error) {
      return { kind: 'blocked', key, why: messageOf(error) };
    }
  }

  #judgeRemote(
    key: string,
    object: ListedObject,
    local: boolean,
    known: KnownFile | undefined,
  ): Judgement | Promise<Judgement> {
    // The walk goes neither into links nor past files: a key it did not meet may still be blocked.
    const obstacle = local ? undefined : this.parents.obstacleFor(key);
    if (obstacle !== undefined) return { kind: 'blocked', key, why: obstacle };
    const target = join(this.resource.path, key);
    const stats = look(target);
    if (!stats) return { kind: 'bring', key, object, why: 'not on disk' };
    if (stats.isDirectory())
      return {
        kind: 'blocked',
        key,
        why: `${printable(key)} is a directory, where a file should be; remove it`,
      };
    if (this.resource.replace === false) return { kind: 'kept', stats };
    if (!stats.isFile()) {
      return {
        kind: 'bring',
        key,
        object,
        is: describeKind(target, stats),
        why: 'not a regular file',
      };
    }
    const settled =
      known !== undefined &&
      object.etag !== '' &&
      known.etag === object.etag &&
      known.size === object.size &&
      known.fingerprint === fingerprint(stats) &&
      !this.resource.always_hash;
    if (settled) return { kind: 'same', file: known, stats, settled };
    return this.#compare(key, object, known, stats).catch((error: unknown) => ({
      kind: 'blocked',
      key,
      why: messageOf(error),
    }));
  }

  async #compare(
    key: string,
    object: ListedObject,
    known: KnownFile | undefined,
    stats: Stats,
  ): Promise<Judgement> {
    const target = join(this.resource.path, key);
    const verdict = await compare({
      path: target,
      stats,
      wanted: { remote: fromListing(this.#bucket, object), target },
      entry: known && {
        source: sourceUrl(this.#bucket, object.key),
        etag: known.etag,
        size: known.size,
        fingerprint: known.fingerprint,
        digests: { [known.digest]: known.value },
      },
      client: this.env.clients.for(this.resource),
      alwaysHash: this.resource.always_hash ?? false,
      incoming: this.noop ? undefined : this.env.incoming,
    });
    if (verdict.same) {
      this.env.log('debug', `${printable(target)} is ${describe(object)}: ${verdict.by}`);
      return {
        kind: 'same',
        file: knownFile(key, object, verdict.digests, stats),
        stats,
        settled: false,
      };
    }
    const { is, why, held } = verdict;
    return { kind: 'bring', key, object, is, why, ...(held ? { held } : {}) };
  }
}

export function knownFile(
  key: string,
  { etag, size }: { etag: string; size: number },
  digests: Partial<Record<string, string>>,
  stats: Stats,
): KnownFile {
  const [digest = '', value = ''] = Object.entries(digests)[0] ?? [];
  return { key, etag, size, fingerprint: fingerprint(stats), digest, value };
}
