import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
    const proxy = unixSocket ? '' : proxyFor(resource, origin);
    const id = JSON.stringify([origin, fresh, timeout, tls, unixSocket, proxy]);
    let transport = this.#transports.get(id);
    if (!transport) {
      if (proxy !== '') check(proxy);
      const idleMs = timeout * 1000;
      transport = new Transport(origin, {
        connections: 1,
        timeouts: { connectMs: Math.min(idleMs, CONNECT_MS), idleMs },
        tls: readAll(tls, resource.puppet_ssl ? ' (puppet_ssl)' : ''),
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

type Files = { ca?: string; cert?: string; key?: string };

/** Read and looked at here: what TLS says of a wrong one does not tell which it is. */
function readAll(files: Files, from: string): Files {
  const entries = Object.entries(files) as [keyof Files, string][];
  const texts = Object.fromEntries(
    entries.map(([name, file]) => {
      try {
        return [name, readFileSync(file, 'utf8')];
      } catch (error) {
        throw tlsFile(`cannot read ${ATTRIBUTES[name]}${from}: ${messageOf(error)}`);
      }
    }),
  ) as Files;
  const parsed = <T>(
    name: keyof Files,
    what: string,
    parse: (text: string) => T,
  ): T | undefined => {
    const text = texts[name];
    try {
      return text === undefined ? undefined : parse(text);
    } catch {
      throw tlsFile(`${ATTRIBUTES[name]}${from}: ${files[name]} holds no ${what} in PEM`);
    }
  };
  parsed('ca', 'certificate', (text) => new X509Certificate(text));
  const cert = parsed('cert', 'certificate', (text) => new X509Certificate(text));
  const key = parsed('key', 'private key without a passphrase', (text) => createPrivateKey(text));
  if (cert && key && !cert.checkPrivateKey(key)) {
    throw tlsFile(`client_key does not belong to client_cert${from}`);
  }
  return texts;
}

function tlsFile(message: string): UserError {
  return new UserError('tls_file', message);
}

/** Of the manifest, or else of the environment; '' for none. */
export function proxyFor({ proxy }: Pick<HttpResource, 'proxy'>, origin: string): string {
  return proxy ?? getProxyForUrl(origin);
}
