import type { Dispatcher } from 'undici';
import askForTunnel from 'undici/lib/api/api-connect.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import { UserError } from '../helper/errors.js';
import { decoded } from './decoded.js';

export interface Timeouts {
  connectMs: number;
  /** The longest silence before the answer's headers, and between two pieces of its body. */
  idleMs: number;
}

export interface WireRequest {
  method: string;
  /** Path and query, percent-encoded. */
  path: string;
  headers: Record<string, string>;
  body?: string | Buffer;
  /** Ends the request, wherever it is. */
  signal?: AbortSignal;
}

export interface TransportOptions {
  connections: number;
  timeouts: Timeouts;
  tls?: { ca?: string; cert?: string; key?: string };
  /** The URL of a proxy, with its user and password. */
  proxy?: string | undefined;
  /** Instead of the origin's host and port. */
  unixSocket?: string | undefined;
  /** A connection of its own for each request: one kept alive may be closed as the request leaves. */
  fresh?: boolean;
}

export type Headers = Record<string, string | string[] | undefined>;

export interface WireAnswer {
  status: number;
  headers: Headers;
  /** The body, unless a receiver took it. */
  body: Buffer;
}

/** Takes the body piece by piece; a promise holds back the sender until it is settled. */
export type Receiver = (chunk: Buffer) => Promise<void> | undefined;

/** An error answer is XML of a few hundred bytes; a listing page stays below some MiB. */
const MAX_BUFFERED = 64 * 1024 * 1024;

const neverLeft = new WeakSet<object>();

/** Whether a request that failed was not even begun: no server has seen a byte of it. */
export function hasNotLeft(error: unknown): boolean {
  return typeof error === 'object' && error !== null && neverLeft.has(error);
}

/** One origin's connections, kept alive and bounded in number. */
export class Transport {
  readonly #dispatcher: Dispatcher;
  /** Where a proxy takes requests as they are, it wants whole URLs; TLS goes through a tunnel. */
  readonly #whole: { origin: string; headers: Record<string, string> } | undefined;

  constructor(
    readonly origin: string,
    readonly options: TransportOptions,
  ) {
    const { timeouts, tls, proxy, unixSocket } = options;
    const common = {
      connections: options.connections,
      headersTimeout: timeouts.idleMs,
      bodyTimeout: timeouts.idleMs,
    };
    const connect = {
      timeout: timeouts.connectMs,
      ...tls,
      ...(unixSocket ? { socketPath: unixSocket } : {}),
    };
    if (!proxy) this.#dispatcher = new Pool(origin, { ...common, connect });
    else if (origin.startsWith('https:')) {
      // A tunnel is asked for by a method that dispatchers have only where all of undici is loaded.
      const clientFactory = (url: URL, options: object): Dispatcher =>
        Object.assign(new Pool(url, { ...common, ...options }), { connect: askForTunnel });
      this.#dispatcher = new ProxyAgent({
        ...{ uri: proxy, ...common, connect },
        ...{ requestTls: connect, clientFactory },
      });
    } else {
      const url = new URL(proxy);
      this.#whole = { origin: url.origin, headers: proxyAuthorization(url) };
      this.#dispatcher = new Pool(url.origin, {
        ...common,
        connect: { timeout: timeouts.connectMs },
      });
    }
  }

  /** `receiverFor` sees status and headers first and may take the body. */
  send(
    request: WireRequest,
    receiverFor?: (status: number, headers: Headers) => Receiver | undefined,
  ): Promise<WireAnswer> {
    const { signal, ...asked } = request;
    return new Promise((resolve, reject) => {
      let begun = false;
      let status = 0;
      let headers: Headers = {};
      let receiver: Receiver | undefined;
      let buffered = 0;
      const chunks: Buffer[] = [];
      // Before it begins, as while a proxy makes a tunnel, nothing else would end it.
      let abort = (): void => {
        const reason = signal?.reason as Error;
        neverLeft.add(reason);
        reject(reason);
      };
      if (signal?.aborted) return abort();
      const onAbort = (): void => abort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#dispatcher.dispatch(
        // undici closes a connection after each HEAD, for servers that answer it with a body, unless told.
        { ...this.#addressed(asked), reset: this.options.fresh ?? false },
        {
          onRequestStart(controller) {
            if (signal?.aborted) return controller.abort(signal.reason as Error);
            begun = true;
            abort = () => controller.abort(signal?.reason as Error);
          },
          onResponseStart(_controller, code, fields) {
            // An interim answer (1xx) is followed by the real one.
            if (code < 200) return;
            status = code;
            headers = fields as Headers;
            receiver = receiverFor?.(status, headers);
          },
          onResponseData(controller, chunk) {
            if (!receiver) {
              buffered += chunk.length;
              if (buffered > MAX_BUFFERED) {
                controller.abort(
                  new UserError('too_large', 'the answer is larger than any listing'),
                );
              } else chunks.push(chunk);
              return;
            }
            try {
              const busy = receiver(chunk);
              if (!busy) return;
              controller.pause();
              busy.then(
                () => controller.resume(),
                (error: Error) => controller.abort(error),
              );
            } catch (error) {
              controller.abort(error as Error);
            }
          },
          onResponseEnd: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve({ status, headers, body: Buffer.concat(chunks) });
          },
          onResponseError: (_controller, error) => {
            signal?.removeEventListener('abort', onAbort);
            if (!begun) neverLeft.add(error);
            reject(error);
          },
        },
      );
    });
  }

  #addressed(
    request: Omit<WireRequest, 'signal'>,
  ): Omit<WireRequest, 'signal'> & { origin: string } {
    if (!this.#whole) return { origin: this.origin, ...request };
    return {
      ...request,
      origin: this.#whole.origin,
      path: this.origin + request.path,
      headers: { host: new URL(this.origin).host, ...request.headers, ...this.#whole.headers },
    };
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (!proxy.username && !proxy.password) return {};
  const pair = `${decoded(proxy.username)}:${decoded(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
