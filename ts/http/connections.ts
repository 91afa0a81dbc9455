import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { getProxyForUrl } from 'proxy-from-env';
import { messageOf, UserError } from '../helper/errors.js';
import { Transport } from '../net/transport.js';
import type { HttpResource } from './resource.js';

const CONNECT_MS = 10_000;

export interface Way {
  /** Whether it is the server that the manifest names: only that one sees who we are. */
  own: boolean;
  /** Whether a connection that was used before will not do. */
  fresh: boolean;
}

/** Connections that are kept for the next request which is to go the same way. */
export class Connections {
  readonly #transports = new Map<string, Transport>();

  for(resource: HttpResource, origin: string, { own, fresh }: Way): Transport {
    const { ca_file, client_cert, client_key, unix_socket, timeout } = resource;
    const tls = {
      ...(ca_file === undefined ? {} : { ca: ca_file }),
      ...(own && client_cert !== undefined ? { cert: client_cert } : {}),
      ...(own && client_key !== undefined ? { key: client_key } : {}),
    };
    const unixSocket = own ? unix_socket : undefined;
    const proxy = unixSocket ? '' : (resource.proxy ?? getProxyForUrl(origin));
    const id = JSON.stringify([origin, fresh, timeout, tls, unixSocket, proxy]);
    let transport = this.#transports.get(id);
    if (!transport) {
      if (proxy !== '') check(proxy);
      const idleMs = timeout * 1000;
      transport = new Transport(origin, {
        connections: 1,
        timeouts: { connectMs: Math.min(idleMs, CONNECT_MS), idleMs },
        tls: readAll(tls),
        proxy,
        unixSocket,
        fresh,
      });
      this.#transports.set(id, transport);
    }
    return transport;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
    this.#transports.clear();
  }
}

const ATTRIBUTES = { ca: 'ca_file', cert: 'client_cert', key: 'client_key' } as const;

/** The environment may name anything. */
function check(proxy: string): void {
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return;
  throw new UserError(
    'proxy',
    'the proxy is not a URL of http or https; correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or set proxy',
  );
}

function readAll(files: { ca?: string; cert?: string; key?: string }): typeof files {
  const entries = Object.entries(files) as [keyof typeof ATTRIBUTES, string][];
  const read: typeof files = Object.fromEntries(
    entries.map(([name, file]) => {
      try {
        return [name, readFileSync(file, 'utf8')];
      } catch (error) {
        throw new UserError('tls_file', `cannot read ${ATTRIBUTES[name]}: ${messageOf(error)}`);
      }
    }),
  );
  if (entries.length === 0) return read;
  try {
    // What is no certificate Node would pass over, among those to trust.
    if (read.ca !== undefined) new X509Certificate(read.ca);
    createSecureContext(read);
  } catch (error) {
    const named = entries.map(([name, file]) => `${ATTRIBUTES[name]} ${file}`).join(', ');
    throw new UserError('tls_file', `these do not serve for TLS: ${named} (${messageOf(error)})`);
  }
  return read;
}
