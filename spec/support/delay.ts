import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Delay {
  endpoint: string;
  port: number;
  stop(): Promise<void>;
}

/** As much as may be under way at once in one connection before its sender has to wait. */
const windowBytes = 4 * 2 ** 20;

/** A long wire in front of a server: bytes pass unread, those of the answers come later. */
export async function startDelay(options: { target: string; latencyMs: number }): Promise<Delay> {
  const target = new URL(options.target);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({
      host: target.hostname,
      port: Number(target.port),
      noDelay: true,
    });
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.once('error', () => peer.destroy());
      socket.once('close', () => {
        sockets.delete(socket);
      });
    }
    client.pipe(upstream);
    later(upstream, client, options.latencyMs);
    client.once('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function later(from: Socket, to: Socket, latencyMs: number): void {
  let underWay = 0;
  from.on('data', (chunk: Buffer) => {
    underWay += chunk.length;
    if (underWay > windowBytes) from.pause();
    setTimeout(() => {
      to.write(chunk, () => {
        underWay -= chunk.length;
        if (from.isPaused() && underWay <= windowBytes) from.resume();
      });
    }, latencyMs);
  });
  from.once('end', () => setTimeout(() => to.end(), latencyMs));
}
