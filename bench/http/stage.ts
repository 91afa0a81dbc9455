import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Options } from '../options.js';
import type { Opened } from '../suite.js';

/** A server that counts what it is asked. */
export interface Stage extends Opened {
  options: Options;
  /** Of the full run, or a tenth of it with --quick. */
  amount(full: number): number;
  port: number;
  asked(): number;
}

export async function openStage(options: Options): Promise<Stage> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    request.resume();
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end('{"ok":true}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    options,
    amount: (full) => (options.quick ? full / 10 : full),
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    tell: (line) => console.error(line),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
