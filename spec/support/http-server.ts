import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One request as it arrived. */
export interface Asked {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | object;
}

/** A reply; or nothing, where the answerer has dealt with the response, or the lack of one, itself. */
export type Answerer = (
  asked: Asked,
  response: ServerResponse,
) => Reply | undefined | Promise<Reply | undefined>;

export interface HttpServer {
  port: number;
  /** http://127.0.0.1:PORT, or https://localhost:PORT. */
  url: string;
  asked: Asked[];
  stop(): Promise<void>;
}

/** A server on loopback that remembers what it was asked. With `tls` it speaks https. */
export async function startHttpServer(
  answer: Answerer,
  options: { tls?: ServerOptions; port?: number } = {},
): Promise<HttpServer> {
  const asked: Asked[] = [];
  const listener: Parameters<typeof createServer>[1] = async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers, body: await text(request) };
    asked.push(one);
    const reply = await answer(one, response);
    if (!reply) return;
    const body = typeof reply.body === 'object' ? JSON.stringify(reply.body) : (reply.body ?? '');
    response.writeHead(reply.status ?? 200, {
      ...(typeof reply.body === 'object' ? { 'content-type': 'application/json' } : {}),
      ...reply.headers,
    });
    response.end(body);
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: options.tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    asked,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
