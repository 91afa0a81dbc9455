import { messageOf } from '../helper/errors.js';
import type { Redactor } from '../helper/redact.js';
import type { Log, Method } from '../helper/serve.js';
import { decoded } from '../net/decoded.js';
import { callOf, nameOf } from './call.js';
import { Connections } from './connections.js';
import { deliver } from './deliver.js';
import { guard, reason } from './due.js';
import { identify } from './identity.js';
import { Memory } from './memory.js';
import { netrcFile, passwordsIn } from './netrc.js';
import type { Finding } from './probe.js';
import { type HttpResource, type Sent, type State, type Told, whole } from './resource.js';
import type { Sending } from './send.js';

/** What Puppet may ask of the `http` helper, and what it gets. */
export interface Asks {
  open(params: { state_dir: string; debug: boolean }): Promise<void>;
  check(params: { resource: Told; noop: boolean }): Promise<State>;
  send(params: { resource: Told }): Promise<Sent>;
  /** Nothing where this run has sent it already, after what it was notified of. */
  refresh(params: { resource: Told }): Promise<Sent | undefined>;
}

interface Opened {
  memory: Memory;
  connections: Connections;
  log: Log;
}

/** Of a check, for the sending that follows it. */
interface Plan {
  why: string;
  unless: Finding | undefined;
}

export class HttpService {
  readonly #plans = new Map<string, Plan>();
  readonly #tried = new Set<string>();
  #opened: Opened | undefined;

  constructor(
    readonly log: Log,
    readonly redactor: Redactor,
  ) {}

  methods(): Record<string, Method> {
    const asks: Asks = {
      open: async ({ state_dir, debug }) => {
        const log: Log = (level, message) => {
          if (debug || level !== 'debug') this.log(level, message);
        };
        this.#opened = { memory: new Memory(state_dir), connections: new Connections(), log };
      },
      check: ({ resource, noop }) => this.#check(whole(resource), noop),
      send: ({ resource }) => this.#send(whole(resource)),
      refresh: ({ resource }) => this.#refresh(whole(resource)),
    };
    return asks as unknown as Record<string, Method>;
  }

  async close(): Promise<void> {
    await this.#opened?.connections.close();
    this.#opened?.memory.close();
    this.#opened = undefined;
  }

  async #check(resource: HttpResource, noop: boolean): Promise<State> {
    this.#keepSecrets(resource);
    const { memory, log } = this.#get();
    const call = callOf(resource);
    const guarded = await guard(resource, call.target, this.#sending(resource, call.target.url));
    if (!guarded.wanted) {
      log('debug', `${nameOf(call)} is not sent: ${guarded.why}`);
      return { due: false };
    }
    const identity = identify(resource, call, memory.key(noop));
    const why = reason(resource, guarded.goal, identity, memory.get(resource.title));
    if (why === undefined) return { due: false };
    this.#plans.set(resource.title, { why, unless: guarded.unless });
    return { due: true, call: `${nameOf(call)} (${why})` };
  }

  async #send(resource: HttpResource): Promise<Sent> {
    const plan = this.#plans.get(resource.title);
    this.#plans.delete(resource.title);
    return this.#deliver(resource, plan ?? { why: 'always', unless: undefined });
  }

  async #refresh(resource: HttpResource): Promise<Sent | undefined> {
    this.#keepSecrets(resource);
    if (this.#tried.has(resource.title)) return undefined;
    const { memory, log } = this.#get();
    const { target } = callOf(resource);
    const before = memory.get(resource.title);
    if (!before.owed) memory.set(resource.title, { ...before, owed: true });
    const guarded = await guard(resource, target, this.#sending(resource, target.url));
    if (!guarded.wanted) {
      memory.set(resource.title, { ...before, owed: false });
      log('info', `not sent although refreshed: ${guarded.why}`);
      return undefined;
    }
    return this.#deliver(resource, { why: 'refreshed', unless: guarded.unless });
  }

  async #deliver(resource: HttpResource, { why, unless }: Plan): Promise<Sent> {
    this.#tried.add(resource.title);
    const { memory, log } = this.#get();
    const call = callOf(resource);
    const identity = identify(resource, call, memory.key(false));
    const sending = this.#sending(resource, call.target.url);
    const message = await deliver(call, identity, unless, memory, sending);
    try {
      memory.set(resource.title, { sent: identity });
    } catch (error) {
      log(
        'warning',
        `it was sent, but that cannot be written down, so the next run sends it again: ${messageOf(error)}`,
      );
    }
    return { message: `${message} (${why})` };
  }

  #sending(resource: HttpResource, url: URL): Sending {
    const { connections, log } = this.#get();
    const deadline = Date.now() + resource.total_timeout * 1000;
    return { resource, connections, log, origin: url.origin, deadline };
  }

  /** Before anything else is done with it, so that no message can hold one. */
  #keepSecrets(resource: HttpResource): void {
    const { bearer_token, password, secret, secrets, netrc, proxy, url, onlyif, unless } = resource;
    this.redactor.add(bearer_token, password, secret, ...secrets);
    if (netrc) this.redactor.add(...passwordsIn(netrcFile(netrc)));
    for (const place of [proxy, url, onlyif?.url, unless?.url]) {
      if (place === undefined || !URL.canParse(place)) continue;
      this.redactor.add(decoded(new URL(place).password));
    }
  }

  #get(): Opened {
    if (!this.#opened) throw new Error('open comes first');
    return this.#opened;
  }
}
