import type { Test } from 'tap';
import { type Call, callOf } from '../../../ts/http/call.js';
import { Connections } from '../../../ts/http/connections.js';
import type { HttpResource } from '../../../ts/http/resource.js';
import type { Sending } from '../../../ts/http/send.js';
import { type Answerer, type HttpServer, startHttpServer } from '../../support/http-server.js';
import { request } from './request.js';

export interface Prepared {
  call: Call;
  sending: Sending;
  /** What was logged. */
  logged: string[];
}

/** A resource's request, ready to be sent to its real server. */
export function prepare(t: Test, given: Partial<HttpResource>): Prepared {
  const resource = request(given);
  const call = callOf(resource);
  const connections = new Connections();
  t.teardown(() => connections.close());
  const logged: string[] = [];
  const sending: Sending = {
    resource,
    connections,
    log: (level, message) => logged.push(`${level}: ${message}`),
    origin: call.target.url.origin,
    deadline: Date.now() + resource.total_timeout * 1000,
  };
  return { call, sending, logged };
}

/** A server for one test. */
export async function serverFor(
  t: Test,
  answer: Answerer,
  options?: Parameters<typeof startHttpServer>[1],
): Promise<HttpServer> {
  const server = await startHttpServer(answer, options);
  t.teardown(() => server.stop());
  return server;
}
