import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import {
  ConnectionClosed,
  ConnectionReset,
  type Fault,
  type Match,
  type Reply,
  rule,
  type Server,
} from './fault.js';
import { s3Error } from './faults/answer.js';
import { type Operation, type S3Request, s3Request } from './s3-request.js';

export interface Seen extends S3Request {
  /** 0 as long as nothing has been answered. */
  status: number;
  /** Bytes of the body sent so far. */
  bytes: number;
}

export interface Proxy {
  endpoint: string;
  port: number;
  /** Every request since the start or the last reset(), in the order of arrival. */
  requests: readonly Seen[];
  counts(): Partial<Record<Operation, number>>;
  /** Adds to each answer; may be changed at any time. */
  latencyMs: number;
  /** Where several faults meet one request, the one added last is outermost. */
  fault(match: Match, fault: Fault): void;
  clearFaults(): void;
  reset(): void;
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** Left out, nothing is behind it and only faults answer. */
  target?: string;
  latencyMs?: number;
  tls?: { key: string; cert: string };
}

/** These belong to one connection only, or are made anew by node. */
const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect']);

/**
 * An HTTP/1.1 server in front of another. Host and path go through untouched, so that signatures
 * stay valid; what passes is counted, and any answer can be made to go wrong.
 */
export async function startProxy(options: ProxyOptions = {}): Promise<Proxy> {
  const upstream = options.target ? new Pool(options.target) : undefined;
  const requests: Seen[] = [];
  let rules: ReturnType<typeof rule>[] = [];

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = incoming;
    const seen: Seen = { ...s3Request(method, url, headers), status: 0, bytes: 0 };
    requests.push(seen);
    try {
      if (proxy.latencyMs) await sleep(proxy.latencyMs);
      let server: Server = (changed) => forward(upstream, incoming, seen, changed);
      for (const fault of rules.map((meets) => meets(seen))) {
        if (!fault) continue;
        const inner = server;
        server = async () => fault(seen, inner);
      }
      await send(await server(), response, seen);
    } catch (error) {
      if (error instanceof ConnectionReset) incoming.socket.resetAndDestroy();
      else if (error instanceof ConnectionClosed) incoming.socket.destroySoon();
      else incoming.socket.destroy();
    }
  };

  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    answer(incoming, response);
  };
  const server = options.tls
    ? createHttpsServer(options.tls, listener)
    : createHttpServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const proxy: Proxy = {
    endpoint: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    latencyMs: options.latencyMs ?? 0,
    counts() {
      const counts: Partial<Record<Operation, number>> = {};
      for (const { operation } of requests) counts[operation] = (counts[operation] ?? 0) + 1;
      return counts;
    },
    fault(match, fault) {
      rules.push(rule(match, fault));
    },
    clearFaults() {
      rules = [];
    },
    reset() {
      requests.length = 0;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, upstream?.destroy()]);
    },
  };
  return proxy;
}

async function forward(
  upstream: Pool | undefined,
  incoming: IncomingMessage,
  request: S3Request,
  changed: Record<string, string> | undefined,
): Promise<Reply> {
  if (!upstream) return s3Error(501, 'NotImplemented')(request, () => Promise.reject());
  const raw = changed ? Object.entries(changed).flat() : incoming.rawHeaders;
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!hopByHop.has(name.toLowerCase())) headers.push(name, raw[i + 1] as string);
  }
  const hasBody = 'content-length' in incoming.headers || 'transfer-encoding' in incoming.headers;
  const answer = await upstream.request({
    method: request.method as 'GET',
    path: request.path,
    headers,
    body: hasBody ? incoming : null,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    status: answer.statusCode,
    headers: new Map(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
    body: answer.body,
  };
}

async function send(reply: Reply, response: ServerResponse, seen: Seen): Promise<void> {
  response.sendDate = false;
  const headers: string[] = [];
  for (const [name, value] of reply.headers) {
    if (!hopByHop.has(name)) headers.push(name, value);
  }
  seen.status = reply.status;
  response.writeHead(reply.status, headers);
  response.flushHeaders();
  for await (const chunk of reply.body) {
    if (response.destroyed) return;
    seen.bytes += chunk.length;
    if (!response.write(chunk)) await drained(response);
  }
  response.end();
}

/** A client that has gone away never drains. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.once('drain', done);
    response.once('close', done);
  });
}
