import { rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import { attributesFor } from './attributes.js';
import { declaredElsewhere } from './declared-elsewhere.js';
import type { Environment } from './environment.js';
import { explainDisk } from './explain-disk.js';
import { pathOf } from './file-name.js';
import { fingerprint } from './fingerprint.js';
import { look, octal } from './local.js';
import { makeDirectory } from './make-directory.js';
import { merge } from './merge.js';
import { OpenDirectories } from './open-directories.js';
import { give, permit } from './ownership.js';
import { LedgerDraft, PrefixLedger } from './prefix-ledger.js';
import { abandon, type PrefixPlan, scan } from './prefix-scan.js';
import { type Failed, Transfer } from './prefix-transfer.js';
import type { Remotes } from './remotes.js';
import type { Change, S3Resource, State } from './resource.js';
import { compareKeys } from './safe-key.js';
import { parseSource, sourceUrl } from './source.js';
import { walk } from './tree.js';

/** Every object below a prefix, a directory. */
export class PrefixSync {
  readonly #plans = new Map<string, PrefixPlan>();
  /** Of the last check, for the setters that follow it. */
  readonly #otherAttributes = new Map<string, Set<string>>();

  constructor(
    readonly env: Environment,
    readonly remotes: Remotes,
  ) {}

  close(): void {
    for (const plan of this.#plans.values()) abandon(plan);
    this.#plans.clear();
  }

  async check(resource: S3Resource, noop: boolean): Promise<State> {
    const { path } = resource;
    const there = look(path);
    const isDirectory =
      there?.isDirectory() || (there?.isSymbolicLink() && look(`${path}/`)?.isDirectory());
    if (there && !isDirectory) {
      throw new UserError(
        'ENOTDIR',
        `${path} is not a directory; the source is a prefix, whose objects go below one`,
      );
    }
    if (resource.ensure === 'absent') {
      if (there) this.#refuseRemoval(resource, noop);
      return { ensure: there ? 'present' : 'absent' };
    }

    const plan = await scan(resource, this.#ledger(resource), noop, this.env, this.remotes);
    this.#refuse(resource, plan);
    const { owner, group, mode } = plan.attributes;
    this.#otherAttributes.set(path, new Set([...owner, ...group, ...mode]));
    if (noop) this.#tell(plan);
    const inSync = isEmpty(plan) && there !== undefined;
    if (inSync || noop) plan.draft?.finish([]);
    if (!inSync && !noop) this.#plans.set(path, plan);
    const should = `${plan.files} files of ${this.#source(resource)}`;
    return {
      ensure: there ? 'present' : 'absent',
      content: { in_sync: inSync, is: inSync ? should : summary(plan), should },
      ...attributeState(resource, plan),
    };
  }

  async apply(resource: S3Resource): Promise<Change> {
    const { path } = resource;
    const created = look(path) === undefined;
    if (!this.#plans.has(path)) await this.check(resource, false);
    const plan = this.#plans.get(path);
    if (!plan) return { message: 'already as it should be' };
    this.#plans.delete(path);
    if (created) makeDirectory(path, resource);
    const directories = openBelow(path);
    let failed: Failed[] = [...plan.blocked];
    let purged = false;
    try {
      const transfer = new Transfer(resource, this.env, directories);
      try {
        await transfer.run(plan);
      } finally {
        transfer.placed.sort((a, b) => compareKeys(a.key, b.key));
        plan.draft?.finish(transfer.placed);
      }
      failed = failed.concat(transfer.failed);
      // What is not on S3 goes last, and only after all that is has come.
      purged = failed.length === 0;
      if (purged) this.#purge(resource, plan.remove, failed, directories);
    } finally {
      directories.close();
    }
    if (failed.length > 0) throw failure(path, failed, plan, purged);
    const to = `${plan.files} files of ${this.#source(resource)}`;
    return {
      message: created ? `created with ${to}` : `content changed '${summary(plan)}' to '${to}'`,
    };
  }

  remove(resource: S3Resource): Change {
    const { path } = resource;
    const files = this.#refuseRemoval(resource, false);
    try {
      rmSync(path, { recursive: true, force: true });
    } catch (error) {
      throw explainDisk(error, path);
    }
    this.#ledger(resource).remove();
    return { message: `removed with ${files} files` };
  }

  /** How many files a removal takes with it; noop names them. */
  #refuseRemoval(resource: S3Resource, noop: boolean): number {
    const { path } = resource;
    if (!resource.purge || resource.include || resource.exclude) {
      throw new UserError(
        'not_purged',
        `${path} is a directory; it is removed with all that is in it only with purge => true, and without include and exclude`,
      );
    }
    // Of a link, what it leads to stays.
    const keys = look(path)?.isSymbolicLink() ? [] : [...walk(path)];
    this.#refuseMany(resource, keys.length);
    if (noop) for (const key of keys) this.env.log('info', `would remove ${printable(key)}`);
    return keys.length;
  }

  /** Sets owner, group and mode of the files whose bytes were right already. */
  async setAttributes(resource: S3Resource): Promise<void> {
    const { path } = resource;
    if (!this.#otherAttributes.has(path)) await this.check(resource, true);
    const keys = [...(this.#otherAttributes.get(path) ?? [])].sort(compareKeys);
    // Asked for owner, group and mode each, it does all of them at once.
    this.#otherAttributes.set(path, new Set());
    if (keys.length === 0) return;
    const ledger = this.#ledger(resource);
    const draft = new LedgerDraft(ledger, this.env.log);
    const directories = openBelow(path);
    let failure: unknown;
    for await (const { key, local, known } of merge([].values(), keys.values(), ledger.read())) {
      let changed: { before: string; after: string } | undefined;
      try {
        // After a failure, what the ledger knows of the others still goes into its next edition.
        if (local && failure === undefined) changed = attribute(directories.reach(key), resource);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') failure = explainDisk(error, join(path, key));
      }
      if (!known) continue;
      if (changed && known.fingerprint === changed.before)
        draft.keep({ ...known, fingerprint: changed.after }, false);
      else draft.keep(known, true);
    }
    directories.close();
    draft.finish([]);
    if (failure !== undefined) throw failure;
  }

  #refuse(resource: S3Resource, plan: PrefixPlan): void {
    try {
      this.#refuseMany(resource, plan.remove.length);
    } catch (error) {
      abandon(plan);
      throw error;
    }
  }

  #refuseMany({ path, max_purge }: S3Resource, count: number): void {
    if (max_purge === undefined || count <= max_purge) return;
    throw new UserError(
      'max_purge',
      `${path}: ${count} files would be purged, max_purge is ${max_purge}; nothing was changed. Check source, or raise max_purge`,
    );
  }

  #purge(
    resource: S3Resource,
    keys: string[],
    failed: Failed[],
    directories: OpenDirectories,
  ): void {
    const declared = declaredElsewhere(resource);
    for (const key of keys) {
      try {
        unlinkSync(pathOf(directories.reach(key)));
        this.env.log('info', `removed ${printable(key)}`);
        removeEmptied(directories, key, declared);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') failed.push({ key, why: explainDisk(error, key).message });
      }
    }
  }

  #tell({ bring, remove, blocked }: PrefixPlan): void {
    for (const { key, is, why } of bring) {
      this.env.log(
        'info',
        `would ${is === undefined ? 'add' : 'change'} ${printable(key)}: ${why}`,
      );
    }
    for (const key of remove) this.env.log('info', `would remove ${printable(key)}: not on S3`);
    for (const { key, why } of blocked)
      this.env.log('warning', `could not bring ${printable(key)}: ${why}`);
  }

  #ledger(resource: S3Resource): PrefixLedger {
    const at = resource.endpoint ?? '';
    return new PrefixLedger(this.env.stateDir, resource.path, `${this.#source(resource)} ${at}`);
  }

  #source(resource: S3Resource): string {
    const { bucket, key } = parseSource(resource.source ?? '');
    return sourceUrl(bucket, key);
  }
}

function openBelow(path: string): OpenDirectories {
  try {
    return new OpenDirectories(path);
  } catch (error) {
    throw explainDisk(error, path);
  }
}

function isEmpty({ bring, remove, blocked }: PrefixPlan): boolean {
  return bring.length + remove.length + blocked.length === 0;
}

function summary({ bring, remove, blocked }: PrefixPlan): string {
  const added = bring.filter(({ is }) => is === undefined).length;
  const counts: [number, string][] = [
    [added, 'missing'],
    [bring.length - added, 'differing'],
    [remove.length, 'not on S3'],
    [blocked.length, 'blocked'],
  ];
  const text = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return text.join(', ') || 'no directory';
}

const MOST_NAMED = 3;

function failure(path: string, failed: Failed[], plan: PrefixPlan, purged: boolean): UserError {
  const named = failed.slice(0, MOST_NAMED).map(({ key, why }) => `${printable(key)}: ${why}`);
  const more = failed.length > MOST_NAMED ? `; and ${failed.length - MOST_NAMED} more` : '';
  const kept = plan.remove.length > 0 && !purged ? '; nothing was purged' : '';
  return new UserError(
    'incomplete',
    `${path}: ${failed.length} of ${plan.files} files failed: ${named.join('; ')}${more}${kept}`,
  );
}

/** What Puppet compares: the value asked for where all files have it, else how many have not. */
function attributeState(resource: S3Resource, { attributes }: PrefixPlan): Partial<State> {
  const state = <T>(asked: T | undefined, differing: string[]): T | string | undefined =>
    differing.length === 0 ? asked : `other on ${differing.length} files`;
  return {
    owner: state(resource.owner, attributes.owner),
    group: state(resource.group, attributes.group),
    mode: state(resource.mode && octal(Number.parseInt(resource.mode, 8)), attributes.mode),
  };
}

/** Its fingerprints before and after: a change of owner or mode changes ctime. */
function attribute(
  path: string,
  resource: S3Resource,
): { before: string; after: string } | undefined {
  const stats = look(path);
  if (!stats?.isFile()) return undefined;
  give(path, resource);
  permit(path, attributesFor(resource, stats).mode);
  return { before: fingerprint(stats), after: fingerprint(look(path) ?? stats) };
}

/** Directories that a removal left empty go too, up to the root or one that is declared, which stays. */
function removeEmptied(
  directories: OpenDirectories,
  key: string,
  declared: (key: string) => boolean,
): void {
  for (let parent = dirname(key); parent !== '.' && !declared(parent); parent = dirname(parent)) {
    try {
      rmdirSync(pathOf(directories.reach(parent)));
    } catch {
      return;
    }
  }
}
