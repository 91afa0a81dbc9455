import { type HttpServer, startHttpServer } from '../spec/support/http-server.js';

/** What a site has around its machines: a registry, and a load balancer that keeps states. */
export interface Services extends HttpServer {
  /** What the load balancer has of a backend. */
  states: Map<string, unknown>;
}

export async function startServices(token: string): Promise<Services> {
  const states = new Map<string, unknown>([['/backends/web1', { state: 'down', since: 1 }]]);
  const server = await startHttpServer(({ method, path, headers, body }) => {
    if (headers.authorization !== `Bearer ${token}`) return { status: 401, body: 'who are you?' };
    if (path === '/registry/machines') return { status: 201, body: { registered: true } };
    if (method === 'PUT') states.set(path, { ...(JSON.parse(body) as object), since: 2 });
    const state = states.get(path);
    return state ? { body: state } : { status: 404 };
  });
  return { ...server, states };
}
