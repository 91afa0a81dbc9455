import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getProxyForUrl } from 'proxy-from-env';
import { messageOf, UserError } from '../helper/errors.js';
import type { Log } from '../helper/serve.js';
import {
  type Headers,
  type Receiver,
  type Timeouts,
  Transport,
  type WireAnswer,
} from '../net/transport.js';
import { assumeRole } from './assume-role.js';
import { type Address, addressOf, type Connection, DEFAULT_REGION } from './connection.js';
import { baseCredentials, type CredentialsProvider } from './credentials.js';
import { type Asked, explain } from './explain.js';
import { type ListPage, parseListPage } from './listing.js';
import { type RemoteObject, remoteObject } from './remote-object.js';
import { attemptsFor, backOff, DEFAULT_RETRIES, isUnreachable, type RetryPolicy } from './retry.js';
import { S3Error } from './s3-error.js';
import { encodeAll, encodePath, sign } from './sign.js';

export interface ClientOptions {
  /** Requests in flight. Measured: 32 to 64 saturate a server on loopback, and hide 30 ms of latency. */
  connections: number;
  timeouts: Timeouts;
  retries: RetryPolicy;
  log: Log;
  /** Told each secret before it is used. */
  keepSecret: (...secrets: (string | undefined)[]) => void;
}

export const DEFAULT_CLIENT_OPTIONS = {
  connections: 48,
  timeouts: { connectMs: 10_000, idleMs: 30_000 },
  retries: DEFAULT_RETRIES,
};

/** Called for each attempt, when the answer to a GET begins; it starts anew then. */
export type BodyReceiver = (object: RemoteObject) => Receiver;

interface Operation {
  method: 'GET' | 'HEAD';
  bucket: string;
  key: string;
  query?: [string, string][];
  headers?: Record<string, string>;
  receiver?: (status: number, headers: Headers) => Receiver | undefined;
  /** The status that is the answer; any other is an error. */
  expected: 200 | 206;
}

/** How long a server that could not be reached is left alone, so that a thousand resources do not each wait. */
const UNREACHABLE_MS = 15_000;

/** Asks S3: signs, sends, retries, follows a bucket to its region, and explains what went wrong. */
export class S3Client {
  readonly #transports = new Map<string, Transport>();
  readonly #regions = new Map<string, string>();
  readonly #unreachable = new Map<string, { until: number; error: unknown }>();
  readonly #answered = new Map<string, number>();
  readonly #credentials: CredentialsProvider;
  #authority: string | undefined;

  constructor(
    readonly connection: Connection,
    readonly options: ClientOptions,
  ) {
    options.keepSecret(
      connection.secret_access_key,
      connection.session_token,
      connection.sse_customer_key,
    );
    const base = baseCredentials(connection);
    const provider = connection.role_arn
      ? assumeRole(connection, base, (origin) => this.#transport(origin))
      : base;
    this.#credentials = async () => {
      const credentials = await provider();
      options.keepSecret(credentials?.secretAccessKey, credentials?.sessionToken);
      return credentials;
    };
  }

  async head(
    bucket: string,
    key: string,
    ask: { versionId?: string; partNumber?: number } = {},
  ): Promise<RemoteObject> {
    const query: [string, string][] = [];
    if (ask.partNumber !== undefined) query.push(['partNumber', String(ask.partNumber)]);
    if (ask.versionId !== undefined) query.push(['versionId', encodeAll(ask.versionId)]);
    const answer = await this.#ask({
      method: 'HEAD',
      bucket,
      key,
      query,
      headers: { ...this.#objectHeaders(), 'x-amz-checksum-mode': 'ENABLED' },
      expected: 200,
    });
    return remoteObject(bucket, key, answer.headers);
  }

  /** Brings an object, or the bytes from `range.start` up to and with `range.end`. */
  async get(
    bucket: string,
    key: string,
    ask: { versionId?: string; ifMatch?: string; range?: { start: number; end: number } },
    receive: BodyReceiver,
  ): Promise<void> {
    const headers: Record<string, string> = this.#objectHeaders();
    if (ask.ifMatch) headers['if-match'] = `"${ask.ifMatch}"`;
    if (ask.range) headers.range = `bytes=${ask.range.start}-${ask.range.end}`;
    else headers['x-amz-checksum-mode'] = 'ENABLED';
    const status = ask.range ? 206 : 200;
    await this.#ask({
      method: 'GET',
      bucket,
      key,
      headers,
      expected: status,
      query: ask.versionId === undefined ? [] : [['versionId', encodeAll(ask.versionId)]],
      receiver: (answered, fields) =>
        answered === status ? receive(remoteObject(bucket, key, fields)) : undefined,
    });
  }

  async list(bucket: string, prefix: string, continuation?: string): Promise<ListPage> {
    const query: [string, string][] = [
      ['encoding-type', 'url'],
      ['list-type', '2'],
      ['prefix', encodeAll(prefix)],
    ];
    if (continuation !== undefined) query.push(['continuation-token', encodeAll(continuation)]);
    const answer = await this.#ask({
      method: 'GET',
      bucket,
      key: '',
      query,
      headers: this.#payerHeaders(),
      expected: 200,
    });
    try {
      return parseListPage(answer.body.toString('utf8'));
    } catch (error) {
      throw new UserError(
        'bad_listing',
        `s3://${bucket}/${prefix} at ${this.#address(bucket).origin}: ${messageOf(error)}; nothing was deleted`,
        { cause: error },
      );
    }
  }

  /** Where a bucket is asked for, as the messages name it. */
  endpointOf(bucket: string): string {
    return this.#address(bucket).origin;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#transports.values()].map((transport) => transport.close()));
  }

  async #ask(operation: Operation): Promise<WireAnswer> {
    const begun = Date.now();
    for (let attempt = 1; ; attempt++) {
      const region = this.#region(operation.bucket);
      try {
        return await this.#once(operation);
      } catch (error) {
        if (this.#isElsewhere(operation.bucket, region, error)) continue;
        const allowed = attemptsFor(error, this.options.retries);
        const asked = this.#asked(operation, attempt);
        if (attempt < allowed) {
          this.options.log(
            'debug',
            `attempt ${attempt} of ${allowed} failed, trying again: ${explain(error, asked).message}`,
          );
          await backOff(attempt, this.options.retries);
          continue;
        }
        if (isUnreachable(error) && (this.#answered.get(asked.endpoint) ?? 0) < begun) {
          this.#unreachable.set(asked.endpoint, { until: Date.now() + UNREACHABLE_MS, error });
        }
        throw explain(await this.#diagnosed(operation, error), asked);
      }
    }
  }

  async #once(operation: Operation): Promise<WireAnswer> {
    const { bucket, method } = operation;
    const region = this.#region(bucket);
    const address = this.#address(bucket);
    const down = this.#unreachable.get(address.origin);
    if (down && down.until > Date.now()) {
      // Known already: no time-out and no attempt is spent on it again.
      throw explain(down.error, this.#asked(operation, 1));
    }
    const path =
      operation.key === '' ? address.base || '/' : `${address.base}/${encodePath(operation.key)}`;
    const query = operation.query ?? [];
    const headers = operation.headers ?? {};
    const credentials = await this.#credentials();
    const signed = credentials
      ? sign(
          { method, host: address.host, path, query, headers },
          credentials,
          { region, service: 's3' },
          new Date(),
        )
      : headers;
    const search = query.map(([name, value]) => `${name}=${value}`).join('&');
    const answer = await this.#transport(address.origin).send(
      { method, path: search ? `${path}?${search}` : path, headers: signed },
      operation.receiver,
    );
    this.#answered.set(address.origin, Date.now());
    // Some servers answer HEAD for a part with 206, some with 200.
    const partial = answer.status === 206 && operation.method === 'HEAD';
    if (answer.status !== operation.expected && !partial) {
      throw S3Error.from(answer.status, answer.headers, answer.body);
    }
    return answer;
  }

  /**
   * An answer to HEAD has no body and so no code: the same question as GET, for one byte, tells why.
   * That an empty object has no such byte is no reason: by now it may be read.
   */
  async #diagnosed(operation: Operation, error: unknown): Promise<unknown> {
    if (operation.method !== 'HEAD' || !(error instanceof S3Error) || error.code) return error;
    const { range: _, ...headers } = operation.headers ?? {};
    try {
      await this.#once({
        ...operation,
        method: 'GET',
        headers: { ...headers, range: 'bytes=0-0' },
        expected: 206,
      });
    } catch (told) {
      if (told instanceof S3Error && told.code && told.status !== 416) return told;
    }
    return error;
  }

  /**
   * Whether there is another region to ask than the one that was asked. Of many requests under way
   * one is the first to be told which, and is the only one that may be: no bucket is chased.
   */
  #isElsewhere(bucket: string, asked: string, error: unknown): boolean {
    if (!(error instanceof S3Error) || !error.region || error.region === asked) return false;
    if (![301, 307, 400, 403].includes(error.status)) return false;
    if (this.#regions.has(bucket)) return this.#region(bucket) !== asked;
    this.options.log('debug', `bucket '${bucket}' is in ${error.region}, asking there`);
    this.#regions.set(bucket, error.region);
    return true;
  }

  #region(bucket: string): string {
    return this.#regions.get(bucket) ?? this.connection.region ?? DEFAULT_REGION;
  }

  #address(bucket: string): Address {
    return addressOf(bucket, this.#region(bucket), this.connection);
  }

  #asked(operation: Operation, attempts: number): Asked {
    const prefix = operation.query?.find(([name]) => name === 'prefix')?.[1];
    return {
      bucket: operation.bucket,
      key: prefix === undefined ? operation.key : decodeURIComponent(prefix),
      endpoint: this.#address(operation.bucket).origin,
      attempts,
    };
  }

  #payerHeaders(): Record<string, string> {
    return this.connection.request_payer ? { 'x-amz-request-payer': 'requester' } : {};
  }

  #objectHeaders(): Record<string, string> {
    const headers = this.#payerHeaders();
    const key = this.connection.sse_customer_key;
    if (key !== undefined) {
      const bytes = Buffer.from(key, 'base64');
      headers['x-amz-server-side-encryption-customer-algorithm'] = 'AES256';
      headers['x-amz-server-side-encryption-customer-key'] = key;
      headers['x-amz-server-side-encryption-customer-key-md5'] = createHash('md5')
        .update(bytes)
        .digest('base64');
    }
    return headers;
  }

  #transport(origin: string): Transport {
    let transport = this.#transports.get(origin);
    if (!transport) {
      transport = new Transport(origin, {
        connections: this.options.connections,
        timeouts: this.options.timeouts,
        proxy: getProxyForUrl(origin),
        ...(this.connection.ca_file
          ? { tls: { ca: this.#readAuthority(this.connection.ca_file) } }
          : {}),
      });
      this.#transports.set(origin, transport);
    }
    return transport;
  }

  #readAuthority(file: string): string {
    if (this.#authority === undefined) {
      try {
        this.#authority = readFileSync(file, 'utf8');
      } catch (error) {
        throw new UserError('bad_ca_file', `cannot read ca_file ${file}: ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
    return this.#authority;
  }
}
