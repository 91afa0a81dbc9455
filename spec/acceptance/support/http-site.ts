import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import {
  type Answerer,
  type Asked,
  type HttpServer,
  startHttpServer,
} from '../../support/http-server.js';
import { type Attributes, resource } from './manifest.js';
import { type PuppetNode, puppetNode } from './puppet.js';

/** What most tests of `http` share: a server that answers as it is told, and a machine. */
export interface HttpSite {
  server: HttpServer;
  node: PuppetNode;
  /** What the helper remembers from run to run. */
  ledger: string;
  /** Answers this path so, whatever its query; all others get 200 and `{}`. */
  on(path: string, answer: Answerer): void;
  /** An `http` resource of the server. */
  http(title: string, attributes?: Attributes): string;
  /** What this path was asked, in order. */
  asked(path: string): Asked[];
  /** `METHOD PATH` of all that was asked since the last reset. */
  lines(): string[];
  reset(): void;
  forget(): void;
}

export async function startHttpSite(t: Test): Promise<HttpSite> {
  const answers = new Map<string, Answerer>();
  const pathOf = ({ path }: Asked): string => path.split('?', 1)[0] as string;
  const server = await startHttpServer((asked, response) => {
    const answer = answers.get(pathOf(asked));
    return answer ? answer(asked, response) : { body: {} };
  });
  const node = puppetNode();
  const ledger = join(node.vardir, 'webhook');
  t.teardown(async () => {
    await server.stop();
    await node.remove();
  });
  return {
    server,
    node,
    ledger,
    on: (path, answer) => {
      answers.set(path, answer);
    },
    http: (title, attributes = {}) =>
      resource('http', title, {
        ...(title.startsWith('http') || attributes.url
          ? {}
          : { fqdn: '127.0.0.1', port: server.port }),
        ...attributes,
      }),
    asked: (path) => server.asked.filter((one) => pathOf(one) === path),
    lines: () => server.asked.map(({ method, path }) => `${method} ${path}`),
    reset: () => {
      server.asked.length = 0;
    },
    forget: () => rmSync(ledger, { recursive: true, force: true }),
  };
}
