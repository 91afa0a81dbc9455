import { UserError } from '../helper/errors.js';
import { decoded } from '../net/decoded.js';
import type { HttpResource, Probe } from './resource.js';

/** Where a request goes: credentials are kept apart from the URL, which messages name. */
export interface Target {
  url: URL;
  user?: string;
  password?: string;
}

type Place = Pick<HttpResource, 'url' | 'route' | 'fqdn' | 'port' | 'tls' | 'query'>;

export function targetOf(resource: Place): Target {
  const url =
    resource.url === undefined
      ? new URL(`${originOf(resource)}${encodeRoute(resource.route ?? '')}`)
      : parse(resource.url);
  for (const [name, value] of Object.entries(resource.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) addQuery(url, name, one);
  }
  return apart(url);
}

/** A probe names a URL of its own, or another route of the same server. */
export function probeTarget(probe: Probe, base: Target): Target {
  if (probe.url !== undefined) {
    const other = apart(parse(probe.url));
    const asBase = other.url.origin === base.url.origin && other.user === undefined;
    return asBase ? { ...base, url: other.url } : other;
  }
  const route = probe.route === undefined ? undefined : encodeRoute(probe.route);
  return { ...base, url: route === undefined ? base.url : new URL(base.url.origin + route) };
}

/** As messages name it: neither user nor password, and nothing that is never sent. */
export function display(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.hash = '';
  return shown.href;
}

/** Characters that a path may hold as they are, beside those that encodeURIComponent leaves. */
const PLAIN_IN_PATH = /%(24|26|2B|2C|3A|3B|3D|40)/g;

/** A route is text: what a URL would take for something else is encoded. */
export function encodeRoute(route: string): string {
  if (/[?#]/.test(route)) {
    throw new UserError(
      'bad_route',
      `the route '${route}' has a ? or #; what follows a ? belongs into query, and a whole URL into url`,
    );
  }
  const segments = route.replace(/^\//, '').split('/');
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw new UserError('bad_route', `the route '${route}' has a segment . or ..; write it out`);
  }
  const encoded = segments.map((segment) =>
    encodeURIComponent(Buffer.from(segment).toString()).replace(PLAIN_IN_PATH, decodeURIComponent),
  );
  return `/${encoded.join('/')}`;
}

function originOf({ fqdn = '', port, tls }: Place): string {
  const host = fqdn.includes(':') && !fqdn.startsWith('[') ? `[${fqdn}]` : fqdn;
  const origin = `${tls ? 'https' : 'http'}://${host}${port === undefined ? '' : `:${port}`}`;
  const bad = /[/@?#\\\s]/.test(host) || !URL.canParse(origin);
  if (bad) throw new UserError('bad_host', `fqdn '${fqdn}' is not the name of a host`);
  return origin;
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  const shown = text.replace(/\/\/[^/]*@/, '//');
  throw new UserError('bad_url', `'${shown}' is not a URL of http or https`);
}

function addQuery(url: URL, name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    throw new UserError('bad_query', `query: ${name} must be a text, a number or a list of them`);
  }
  const pair = `${encodeURIComponent(name)}=${encodeURIComponent(String(value ?? ''))}`;
  url.search = url.search === '' ? pair : `${url.search}&${pair}`;
}

function apart(url: URL): Target {
  const target: Target = { url: new URL(url) };
  if (url.username) target.user = decoded(url.username);
  if (url.password) target.password = decoded(url.password);
  target.url.username = '';
  target.url.password = '';
  target.url.hash = '';
  return target;
}
