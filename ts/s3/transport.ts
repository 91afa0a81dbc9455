import type { Dispatcher } from 'undici';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { UserError } from '../helper/errors.js';

export interface Timeouts {
  connectMs: number;
  /** The longest silence before the answer's headers, and between two pieces of its body. */
  idleMs: number;
}

export interface WireRequest {
  method: 'GET' | 'HEAD' | 'POST';
  /** Path and query, percent-encoded. */
  path: string;
  headers: Record<string, string>;
  body?: string;
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

/** One origin's connections, kept alive and bounded in number. */
export class Transport {
  readonly #dispatcher: Dispatcher;

  constructor(
    readonly origin: string,
    options: { connections: number; timeouts: Timeouts; ca?: string; proxied: boolean },
  ) {
    const common = {
      connections: options.connections,
      headersTimeout: options.timeouts.idleMs,
      bodyTimeout: options.timeouts.idleMs,
      connect: { timeout: options.timeouts.connectMs, ...(options.ca ? { ca: options.ca } : {}) },
    };
    this.#dispatcher = options.proxied
      ? new EnvHttpProxyAgent({ ...common, requestTls: common.connect })
      : new Pool(origin, common);
  }

  /** `receiverFor` sees status and headers first and may take the body. */
  send(
    request: WireRequest,
    receiverFor?: (status: number, headers: Headers) => Receiver | undefined,
  ): Promise<WireAnswer> {
    return new Promise((resolve, reject) => {
      let status = 0;
      let headers: Headers = {};
      let receiver: Receiver | undefined;
      let buffered = 0;
      const chunks: Buffer[] = [];
      this.#dispatcher.dispatch(
        // undici closes a connection after each HEAD, for servers that answer it with a body; S3 does not.
        { origin: this.origin, reset: false, ...request },
        {
          // Its presence tells undici that this handler is of the present kind.
          onRequestStart() {},
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
          onResponseEnd: () => resolve({ status, headers, body: Buffer.concat(chunks) }),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
