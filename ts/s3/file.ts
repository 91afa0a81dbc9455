import { rmSync, type Stats } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../helper/errors.js';
import { attributesFor } from './attributes.js';
import { parsePin } from './checksum.js';
import { compare, describe, type Held, type Verdict } from './compare.js';
import { type Digests, digestFile } from './digest.js';
import type { Wanted } from './download.js';
import type { Environment } from './environment.js';
import { explainDisk } from './explain-disk.js';
import { adoptedExtraction, extraction, extractionDue, isExtracted } from './extraction.js';
import { fetchBeside } from './fetch.js';
import { isPattern } from './find.js';
import { fingerprint } from './fingerprint.js';
import { keepInstalled } from './forward-only.js';
import type { LedgerEntry } from './ledger.js';
import { describeKind, look, octal, permissions } from './local.js';
import { give, permit } from './ownership.js';
import type { RemoteObject } from './remote-object.js';
import type { Remotes } from './remotes.js';
import type { Change, S3Resource, State } from './resource.js';
import { printable } from './safe-key.js';
import { sourceUrl } from './source.js';
import { validate } from './validate-cmd.js';

/** What a check found out and the change that may follow needs. */
type Plan = ToBring | ToExtract;

interface ToBring {
  remote: RemoteObject;
  is: string;
  held?: Held;
}

/** The file is right, only its archive is to be extracted. */
interface ToExtract {
  etag: string;
  /** As the report names it. */
  extractOnly: string;
}

/** One object, one file. */
export class FileSync {
  readonly #plans = new Map<string, Plan>();

  constructor(
    readonly env: Environment,
    readonly remotes: Remotes,
  ) {}

  /** Whether S3 will have to be asked; a look at the disk now, not the last word. */
  needsRemote(resource: S3Resource): boolean {
    if (resource.replace !== false && resource.checksum === undefined) return true;
    const { path } = resource;
    return look(path) === undefined && !isPinnedAndExtracted(resource, this.env.ledger.get(path));
  }

  async check(resource: S3Resource, noop: boolean): Promise<State> {
    const { path } = resource;
    const stats = look(path);
    const entry = this.env.ledger.get(path);
    if (resource.ensure === 'absent') return { ensure: stats ? 'present' : 'absent' };
    if (stats?.isDirectory()) {
      throw new UserError(
        'EISDIR',
        `${path} is a directory, and the source is a single object; end source with / for a prefix, or remove the directory`,
      );
    }
    if (stats && resource.replace === false) return inSync(stats, 'replace is false');
    if (stats?.isFile() && resource.checksum !== undefined) {
      const known = await this.#pinned(resource, stats, entry, noop);
      if (known) return this.#right(resource, stats, known, known.etag, named(resource));
    }
    if (!stats && isPinnedAndExtracted(resource, entry))
      return cleanedUp(resource, named(resource));

    const { remote } = await keepInstalled(resource, await this.remotes.take(resource), {
      entry,
      stats,
      env: this.env,
    });
    const should = this.#describe(resource, remote);
    if (!stats) {
      if (entry && isExtracted(resource, entry, remote.etag)) return cleanedUp(resource, should);
      this.#plans.set(path, { remote, is: 'absent' });
      // What was extracted and cleaned up is there, in another version.
      if (entry?.extracted && resource.cleanup) {
        const is = this.#describe(resource, entry);
        this.#plans.set(path, { remote, is });
        return { ensure: 'present', content: { in_sync: false, is, should }, ...asAsked(resource) };
      }
      return { ensure: 'absent', content: { in_sync: false, is: 'absent', should } };
    }
    if (!stats.isFile())
      return this.#differs(
        resource,
        stats,
        { remote, is: describeKind(path, stats) },
        'it is no regular file',
      );

    if (resource.checksum !== undefined) {
      const is =
        entry?.fingerprint === fingerprint(stats)
          ? this.#describe(resource, entry)
          : `${stats.size} bytes`;
      return this.#differs(resource, stats, { remote, is }, `it is not ${resource.checksum}`);
    }
    const verdict = await compare({
      path,
      stats,
      wanted: this.#wanted(resource, remote),
      entry,
      client: this.env.clients.for(resource),
      alwaysHash: resource.always_hash ?? false,
      incoming: noop ? undefined : this.env.incoming,
    });
    if (!verdict.same) {
      const is =
        entry && verdict.is === describe(entry) ? this.#describe(resource, entry) : verdict.is;
      const plan = { remote, is, ...(verdict.held ? { held: verdict.held } : {}) };
      return this.#differs(resource, stats, plan, verdict.why);
    }
    return this.#same(resource, stats, remote, verdict, noop);
  }

  async apply(resource: S3Resource): Promise<Change> {
    const { path } = resource;
    if (!this.#plans.has(path)) await this.check(resource, false);
    const plan = this.#plans.get(path);
    if (!plan) return { message: 'already as it should be' };
    this.#plans.delete(path);
    if ('extractOnly' in plan) {
      await this.#extract(resource, plan.etag);
      return { message: `extracted ${plan.extractOnly} to ${resource.extract}` };
    }
    const remote = await this.#bring(resource, plan);
    const extracted = await this.#extract(resource, remote.etag);
    const message =
      plan.is === 'absent'
        ? `created from ${sourceUrl(remote.bucket, remote.key)} ${describe(remote)}`
        : `content changed '${plan.is}' to '${this.#describe(resource, remote)}'`;
    return { message: extracted ? `${message}, extracted to ${resource.extract}` : message };
  }

  remove(resource: S3Resource): Change {
    const { path } = resource;
    const entry = this.env.ledger.get(path);
    const stats = look(path);
    if (stats?.isDirectory()) {
      throw new UserError(
        'EISDIR',
        `${path} is a directory; end source with / and set purge => true to remove it with all that is in it`,
      );
    }
    try {
      rmSync(path, { force: true });
    } catch (error) {
      throw explainDisk(error, path);
    }
    this.env.ledger.set(path, undefined);
    return { message: entry ? `removed, was ${entry.source} ${describe(entry)}` : 'removed' };
  }

  /** Sets owner, group and mode of a file whose bytes stay. */
  setAttributes(resource: S3Resource): void {
    const { path } = resource;
    const before = look(path);
    if (!before) return;
    const entry = this.env.ledger.get(path);
    const known = entry?.fingerprint === fingerprint(before);
    try {
      give(path, resource);
      // chown has cleared the setuid and setgid bits; chmod would follow a link.
      if (!before.isSymbolicLink()) permit(path, attributesFor(resource, before).mode);
    } catch (error) {
      throw explainDisk(error, path);
    }
    const after = look(path);
    if (entry && known && after)
      this.env.ledger.set(path, { ...entry, fingerprint: fingerprint(after) });
  }

  /** What is known of a file that has the pinned bytes; nothing if it has others. */
  async #pinned(
    resource: S3Resource,
    stats: Stats,
    entry: LedgerEntry | undefined,
    noop: boolean,
  ): Promise<LedgerEntry | undefined> {
    const { algorithm, hex } = parsePin(resource.checksum ?? '');
    const untouched = entry?.fingerprint === fingerprint(stats);
    const recorded = entry?.digests[algorithm];
    if (entry && untouched && recorded && !resource.always_hash)
      return recorded === hex ? entry : undefined;
    const digests: Digests = await digestFile(resource.path, [algorithm]);
    if (digests[algorithm] !== hex) return undefined;
    // What the ledger knows of the object holds only while the file is what came from it.
    const facts =
      entry && (untouched || recorded === hex)
        ? entry
        : {
            source: resource.source ?? '',
            etag: '',
            extracted: entry ? entry.extracted : adoptedExtraction(resource, ''),
          };
    const known = { ...facts, size: stats.size, digests, fingerprint: fingerprint(stats) };
    if (!noop) this.env.ledger.set(resource.path, known);
    return known;
  }

  #same(
    resource: S3Resource,
    stats: Stats,
    remote: RemoteObject,
    verdict: Verdict & { same: true },
    noop: boolean,
  ): State {
    const { path } = resource;
    const name = this.#describe(resource, remote);
    this.env.log('debug', `${path} is ${name}: ${verdict.by}`);
    const entry = this.env.ledger.get(path);
    if (entry && verdict.known) return this.#right(resource, stats, entry, remote.etag, name);
    if (!entry && !noop) this.env.log('debug', `${path} was right already and is adopted`);
    const extracted = entry?.extracted ?? adoptedExtraction(resource, remote.etag);
    const known = entryOf(remote, verdict.digests, stats, extracted);
    if (!noop) this.env.ledger.set(path, known);
    return this.#right(resource, stats, known, remote.etag, name);
  }

  /** The file is what it should be; its archive may yet have to be extracted. */
  #right(
    resource: S3Resource,
    stats: Stats,
    entry: LedgerEntry,
    etag: string,
    name: string,
  ): State {
    if (!extractionDue(resource, entry, etag)) return inSync(stats, name);
    this.#plans.set(resource.path, { etag, extractOnly: name });
    const is = `${name}, not extracted to ${resource.extract}`;
    return { ...present(stats), content: { in_sync: false, is, should: name } };
  }

  #differs(resource: S3Resource, stats: Stats, plan: ToBring, why: string): State {
    this.env.log('info', `${resource.path} differs: ${why}`);
    this.#plans.set(resource.path, plan);
    return {
      ...present(stats),
      content: { in_sync: false, is: plan.is, should: this.#describe(resource, plan.remote) },
    };
  }

  /** Fetches, verifies, validates and places the file; an object replaced meanwhile is asked for anew. */
  async #bring(resource: S3Resource, plan: ToBring): Promise<RemoteObject> {
    const { path } = resource;
    const { file, arrival } =
      plan.held ??
      (await fetchBeside(
        path,
        this.#wanted(resource, plan.remote),
        this.env.clients.for(resource),
        this.env,
      ));
    try {
      if (resource.validate_cmd) await validate(resource.validate_cmd, file.path, path);
    } catch (error) {
      file.discard();
      throw error;
    }
    const old = look(path);
    if (old?.isDirectory()) {
      file.discard();
      throw explainDisk({ code: 'EISDIR' }, path);
    }
    file.seal(attributesFor(resource, old), { flush: true });
    file.place();
    const stats = look(path);
    if (stats)
      this.env.ledger.set(
        path,
        entryOf(arrival.remote, arrival.digests, stats, this.env.ledger.get(path)?.extracted),
      );
    return arrival.remote;
  }

  async #extract(resource: S3Resource, etag: string): Promise<boolean> {
    const { path, extract } = resource;
    if (extract === undefined) return false;
    const { extractArchive } = await import('./archive.js');
    const owner = resource.owner === undefined ? {} : { owner: resource.owner };
    const group = resource.group === undefined ? {} : { group: resource.group };
    const { entries } = await extractArchive(path, extract, { ...owner, ...group });
    this.env.log('info', `${path}: ${entries} entries extracted to ${extract}`);
    if (resource.creates !== undefined && !look(resource.creates)) {
      throw new UserError(
        'creates',
        `${path} was extracted to ${extract}, but ${resource.creates} is still not there; check creates`,
      );
    }
    const entry = this.env.ledger.get(path);
    if (resource.cleanup) rmSync(path, { force: true });
    if (entry) {
      this.env.ledger.set(path, {
        ...entry,
        ...(resource.cleanup ? { fingerprint: '' } : {}),
        extracted: extraction(resource, etag),
      });
    }
    return true;
  }

  #wanted(resource: S3Resource, remote: RemoteObject): Wanted {
    return {
      remote,
      target: resource.path,
      ...(resource.version_id === undefined ? {} : { versionId: resource.version_id }),
      ...(resource.checksum === undefined ? {} : { pin: parsePin(resource.checksum) }),
    };
  }

  /** An object as the report names it: with its name where the name has the version. */
  #describe(resource: S3Resource, object: RemoteObject | LedgerEntry): string {
    if (!isPattern(resource)) return describe(object);
    const name = printable(basename('key' in object ? object.key : object.source));
    return `${name} ${describe(object)}`;
  }
}

function entryOf(
  remote: RemoteObject,
  digests: Digests,
  stats: Stats,
  extracted: string | undefined,
): LedgerEntry {
  return {
    source: sourceUrl(remote.bucket, remote.key),
    etag: remote.etag,
    size: remote.size,
    ...(remote.versionId ? { versionId: remote.versionId } : {}),
    digests,
    fingerprint: fingerprint(stats),
    ...(extracted ? { extracted } : {}),
  };
}

function present(stats: Stats): State {
  const { uid: owner, gid: group } = stats;
  // A link, which replace => false keeps, has no mode that could be set.
  const mode = stats.isSymbolicLink() ? undefined : octal(permissions(stats));
  return { ensure: 'present', owner, group, mode };
}

/** How the report names what is right by its pin, whatever S3 has. */
function named({ checksum }: S3Resource): string {
  return `the pinned ${checksum}`;
}

/** Whether the very bytes that are pinned were extracted, and the archive was cleaned up. */
function isPinnedAndExtracted(resource: S3Resource, entry: LedgerEntry | undefined): boolean {
  if (!entry || resource.checksum === undefined) return false;
  const { algorithm, hex } = parsePin(resource.checksum);
  return entry.digests[algorithm] === hex && isExtracted(resource, entry, entry.etag);
}

function cleanedUp(resource: S3Resource, name: string): State {
  return { ensure: 'present', content: settled(name), ...asAsked(resource) };
}

function inSync(stats: Stats, by: string): State {
  return { ...present(stats), content: settled(by) };
}

function settled(text: string): State['content'] & object {
  return { in_sync: true, is: text, should: text };
}

/** For a file that is gone on purpose: its attributes are as they should be. */
function asAsked(resource: S3Resource): Partial<State> {
  const { owner, group, mode } = resource;
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode: octal(Number.parseInt(mode, 8)) }),
  };
}
