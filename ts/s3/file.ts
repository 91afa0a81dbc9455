import { rmSync, type Stats } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import { attributesFor } from './attributes.js';
import { parsePin } from './checksum.js';
import { compare, describe, type Held, type Verdict } from './compare.js';
import { type Digests, digestFile } from './digest.js';
import type { Wanted } from './download.js';
import type { Environment } from './environment.js';
import { explainDisk } from './explain-disk.js';
import {
  adoptedExtraction,
  extractionDue,
  isExtracted,
  isPinnedAndExtracted,
} from './extraction.js';
import { fetchBeside, putBeside } from './fetch.js';
import { asAsked, cleanedUp, inSync, named, present } from './file-state.js';
import { isPattern } from './find.js';
import { fingerprint } from './fingerprint.js';
import { keepInstalled } from './forward-only.js';
import type { LedgerEntry } from './ledger.js';
import { describeKind, look } from './local.js';
import { give, permit } from './ownership.js';
import { ReadAhead } from './read-ahead.js';
import type { RemoteObject } from './remote-object.js';
import type { Remotes } from './remotes.js';
import type { Change, S3Resource, State } from './resource.js';
import { sourceUrl } from './source.js';
import { cleanUp, unpack } from './unpack.js';
import { validate } from './validate-cmd.js';

/** What a check found out and the change that may follow needs. */
type Plan = ToBring | ToExtract | ToCleanUp;

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

/** Its archive is extracted; only the file itself is to go. */
interface ToCleanUp {
  cleanUp: string;
}

/** One object, one file. */
export class FileSync {
  readonly #plans = new Map<string, Plan>();
  readonly #readAhead = new ReadAhead();

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

  /** Asks S3 ahead; a small object that is missing, or is another one, is fetched ahead as well. */
  ask(resource: S3Resource, noop: boolean): void {
    const answer = this.remotes.ask(resource);
    if (noop || resource.extract !== undefined) return;
    answer
      .then(({ remote, choice }) => {
        // Of a pattern, what is installed may be kept, whatever is the greatest on S3.
        if (choice && look(resource.path)) return;
        if (!this.#isSurelyAnother(resource.path, remote)) return;
        this.#readAhead.begin(this.#wanted(resource, remote), this.env.clients.for(resource));
      })
      // What fails here fails again, and is told, when its resource is evaluated.
      .catch(() => undefined);
  }

  async check(resource: S3Resource, noop: boolean): Promise<State> {
    const { path } = resource;
    const stats = look(path);
    const entry = this.env.ledger.get(path);
    if (resource.ensure === 'absent') {
      if (stats?.isDirectory()) throw notRemoved(path);
      return { ensure: stats ? 'present' : 'absent' };
    }
    if (stats?.isDirectory()) {
      throw new UserError(
        'EISDIR',
        `${path} is a directory, and the source is a single object; end source with / for a prefix, or remove the directory`,
      );
    }
    if (stats && resource.replace === false) return inSync(stats, resource, 'replace is false');
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
      await unpack(resource, plan.etag, this.env);
      return { message: `extracted ${plan.extractOnly} to ${resource.extract}` };
    }
    if ('cleanUp' in plan) {
      cleanUp(path, this.env);
      return { message: `removed ${plan.cleanUp}, which is extracted to ${resource.extract}` };
    }
    const remote = await this.#bring(resource, plan);
    const extracted = await unpack(resource, remote.etag, this.env);
    const message =
      plan.is === 'absent'
        ? `created from ${sourceUrl(remote.bucket, remote.key)} ${describe(remote)}`
        : `content changed '${plan.is}' to '${this.#describe(resource, remote)}'`;
    return { message: extracted ? `${message}, extracted to ${resource.extract}` : message };
  }

  remove(resource: S3Resource): Change {
    const { path } = resource;
    const entry = this.env.ledger.get(path);
    if (look(path)?.isDirectory()) throw notRemoved(path);
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
    const extracted = entry ? entry.extracted : adoptedExtraction(resource, remote.etag);
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
    const due = extractionDue(resource, entry, etag);
    if (!due && !resource.cleanup) return inSync(stats, resource, name);
    this.#plans.set(resource.path, due ? { etag, extractOnly: name } : { cleanUp: name });
    const is = `${name}, not ${due ? `extracted to ${resource.extract}` : 'cleaned up'}`;
    return { ...present(stats, resource), content: { in_sync: false, is, should: name } };
  }

  #differs(resource: S3Resource, stats: Stats, plan: ToBring, why: string): State {
    this.env.log('info', `${resource.path} differs: ${why}`);
    this.#plans.set(resource.path, plan);
    return {
      ...present(stats, resource),
      content: { in_sync: false, is: plan.is, should: this.#describe(resource, plan.remote) },
    };
  }

  /** Fetches, verifies, validates and places the file; an object replaced meanwhile is asked for anew. */
  async #bring(resource: S3Resource, plan: ToBring): Promise<RemoteObject> {
    const { path } = resource;
    const { file, arrival } = plan.held ?? (await this.#fetch(resource, plan.remote));
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

  async #fetch(resource: S3Resource, remote: RemoteObject): Promise<Held> {
    const { path } = resource;
    const fetched = await this.#readAhead.take(path, remote);
    if (fetched) return putBeside(path, fetched, this.env);
    const client = this.env.clients.for(resource);
    return fetchBeside(path, this.#wanted(resource, remote), client, this.env);
  }

  /** By a look at the disk now, without reading the file. */
  #isSurelyAnother(path: string, remote: RemoteObject): boolean {
    const stats = look(path);
    if (!stats) return true;
    if (!stats.isFile() || stats.size !== remote.size) return !stats.isDirectory();
    const entry = this.env.ledger.get(path);
    return entry?.fingerprint === fingerprint(stats) && entry.etag !== remote.etag;
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

function notRemoved(path: string): UserError {
  return new UserError(
    'EISDIR',
    `${path} is a directory; end source with / and set purge => true to remove it with all that is in it`,
  );
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
