import type { HttpResource } from '../../../ts/http/resource.js';

/** A resource as Puppet tells it, with its defaults. */
export function request(given: Partial<HttpResource> = {}): HttpResource {
  return {
    title: 'a request',
    ensure: 'get',
    send: 'changed',
    url: 'http://a.example.com/route',
    retries: 0,
    retry_delay: 0.01,
    timeout: 5,
    total_timeout: 10,
    idempotency_header: 'Idempotency-Key',
    secrets: [],
    ...given,
  };
}
