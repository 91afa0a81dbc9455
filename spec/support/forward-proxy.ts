import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A proxy as those of companies are: whole URLs for http, a tunnel for https. */
export interface ForwardProxy {
  port: number;
  url: string;
  /** `CONNECT host:port` or `GET http://host/path`, with who asked. */
  asked: { line: string; authorization: string | undefined }[];
  stop(): Promise<void>;
}

export interface ForwardProxyOptions {
  /** `user:password`, without which it answers 407. */
  login?: string;
  /** What it answers to whatever is asked, instead of going there. */
  refuse?: number;
  /** It takes connections, and never answers. */
  silent?: boolean;
}

export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<ForwardProxy> {
  const asked: ForwardProxy['asked'] = [];
  const sockets = new Set<Socket>();
  const expected = options.login && `Basic ${Buffer.from(options.login).toString('base64')}`;

  const refusal = ({ method, url, headers }: IncomingMessage): number | undefined => {
    const authorization = headers['proxy-authorization'];
    asked.push({ line: `${method} ${url}`, authorization });
    if (options.refuse) return options.refuse;
    return expected && authorization !== expected ? 407 : undefined;
  };

  const server = createServer((incoming, response) => {
    const status = refusal(incoming);
    if (options.silent) return;
    if (status) {
      response.writeHead(status).end('the proxy says no');
      return;
    }
    const { 'proxy-authorization': _, ...headers } = incoming.headers;
    const { method = '', url = '' } = incoming;
    const outgoing = forward(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.once('error', () => response.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    const status = refusal(incoming);
    if (options.silent) return;
    if (status) {
      client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const [host, port] = (incoming.url ?? '').split(':');
    const upstream = connect({ host: host ?? '', port: Number(port) }, () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n');
      upstream.pipe(client);
      client.pipe(upstream);
    });
    sockets.add(upstream);
    upstream.once('error', () => client.destroy());
    client.once('error', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    asked,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
