import { UserError } from '../helper/errors.js';
import type { Redactor } from '../helper/redact.js';
import type { Log, Method } from '../helper/serve.js';
import { DEFAULT_CLIENT_OPTIONS } from './client.js';
import { Clients } from './clients.js';
import type { Environment } from './environment.js';
import { FileSync } from './file.js';
import { Incoming } from './incoming.js';
import { Ledger } from './ledger.js';
import { namingSource } from './naming-source.js';
import { PrefixSync } from './prefix.js';
import { Remotes } from './remotes.js';
import type { Change, S3Resource, State } from './resource.js';
import { parseSource } from './source.js';

/** What Puppet may ask of the `s3` helper, and what it gets. */
export interface Asks {
  /** First of all: where the ledger is, and whether anyone reads what is logged for debugging. */
  open(params: { state_dir: string; debug: boolean }): Promise<void>;
  /** All resources of the type at once, so that the questions to S3 run ahead; the paths of those in noop. */
  prefetch(params: { resources: S3Resource[]; noop: string[] }): Promise<void>;
  check(params: { resource: S3Resource; noop: boolean }): Promise<State>;
  apply(params: { resource: S3Resource }): Promise<Change>;
  remove(params: { resource: S3Resource }): Promise<Change>;
  set_attributes(params: { resource: S3Resource }): Promise<void>;
}

interface Opened {
  env: Environment;
  remotes: Remotes;
  files: FileSync;
  prefixes: PrefixSync;
}

export class S3Service {
  #opened: Opened | undefined;

  constructor(
    readonly log: Log,
    readonly redactor: Redactor,
  ) {}

  methods(): Record<string, Method> {
    const asks: Asks = {
      open: async ({ state_dir, debug }) => this.#open(state_dir, debug),
      prefetch: async ({ resources, noop }) => {
        const silent = new Set(noop);
        for (const resource of resources) this.#prefetch(resource, silent.has(resource.path));
      },
      check: ({ resource, noop }) => {
        // A noop run does not even clean up.
        if (!noop) this.#get().env.incoming.sweep();
        return namingSource(resource, () => this.#syncFor(resource).check(resource, noop));
      },
      apply: ({ resource }) =>
        namingSource(resource, () => this.#syncFor(resource).apply(resource)),
      remove: async ({ resource }) => this.#syncFor(resource).remove(resource),
      set_attributes: async ({ resource }) => this.#syncFor(resource).setAttributes(resource),
    };
    return asks as unknown as Record<string, Method>;
  }

  async close(): Promise<void> {
    if (!this.#opened) return;
    const { env, prefixes } = this.#opened;
    await env.clients.close();
    prefixes.close();
    env.incoming.close();
    env.ledger.close();
    this.#opened = undefined;
  }

  #open(stateDir: string, debug: boolean): void {
    const log: Log = (level, message) => {
      if (debug || level !== 'debug') this.log(level, message);
    };
    const clients = new Clients({
      ...DEFAULT_CLIENT_OPTIONS,
      log,
      keepSecret: (...secrets) => this.redactor.add(...secrets),
    });
    const incoming = new Incoming(stateDir);
    const env = {
      clients,
      ledger: new Ledger(stateDir, log),
      incoming,
      stateDir,
      log,
    };
    const remotes = new Remotes(clients);
    this.#opened = {
      env,
      remotes,
      files: new FileSync(env, remotes),
      prefixes: new PrefixSync(env, remotes),
    };
  }

  #prefetch(resource: S3Resource, noop: boolean): void {
    this.#keepSecrets(resource);
    if (resource.ensure === 'absent' || resource.source === undefined) return;
    const { remotes, files } = this.#get();
    // What would fail fails again, and is told, when its resource is evaluated.
    try {
      if (isPrefix(resource)) remotes.listAhead(resource);
      else if (files.needsRemote(resource)) files.ask(resource, noop);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }

  #syncFor(resource: S3Resource): FileSync | PrefixSync {
    this.#keepSecrets(resource);
    const { files, prefixes } = this.#get();
    return isPrefix(resource) ? prefixes : files;
  }

  /** Before anything else is done with it, so that no message can hold one. */
  #keepSecrets(resource: S3Resource): void {
    this.redactor.add(
      resource.secret_access_key,
      resource.session_token,
      resource.sse_customer_key,
    );
  }

  #get(): Opened {
    if (!this.#opened) throw new Error('open comes first');
    return this.#opened;
  }
}

function isPrefix(resource: S3Resource): boolean {
  return (
    resource.source !== undefined && !resource.name_prefix && parseSource(resource.source).isPrefix
  );
}
