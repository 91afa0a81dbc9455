import { createHmac } from 'node:crypto';
import type { Call } from './call.js';
import type { HttpResource } from './resource.js';

/**
 * A request by digests alone, keyed so that no one who reads the ledger can try out what a secret
 * may be. The parts tell what has changed. Who sends it is no part of it: a new token or password
 * does not make it another request.
 */
export interface Identity {
  digest: string;
  /** `data KEY`, `header NAME`, `URL` and so on. */
  parts: Record<string, string>;
}

/** Of larger data, only that it changed is told. */
const MOST_PARTS = 64;

export function identify(resource: HttpResource, call: Call, key: string): Identity {
  const digest = (text: string | Buffer): string =>
    createHmac('sha256', key).update(text).digest('base64url').slice(0, 22);
  const parts: Record<string, string> = {
    method: digest(call.method),
    URL: digest(call.target.url.href),
  };
  for (const [name, value] of Object.entries(call.headers)) parts[`header ${name}`] = digest(value);
  for (const [name, value] of dataParts(resource, call)) parts[name] = digest(value);
  return { digest: digest(JSON.stringify([parts, call.body && digest(call.body)])), parts };
}

function dataParts({ data }: HttpResource, { body }: Call): [string, string | Buffer][] {
  if (!body) return [];
  if (data && 'json' in data) {
    const value = JSON.parse(data.json) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const pairs = Object.entries(value);
      if (pairs.length <= MOST_PARTS) {
        return pairs.map(([key, one]) => [`data ${key}`, JSON.stringify(one)]);
      }
    }
  }
  return [['data', body]];
}

/** `data changed: my_key`, by what is new, gone or different. */
export function difference(now: Identity, before: Identity): string {
  const names = new Set([...Object.keys(before.parts), ...Object.keys(now.parts)]);
  const changed = [...names].filter((name) => now.parts[name] !== before.parts[name]);
  const words = new Map<string, string[]>();
  for (const name of changed) {
    const [kind = '', ...rest] = name.split(' ');
    words.set(kind, [...(words.get(kind) ?? []), ...(rest.length > 0 ? [rest.join(' ')] : [])]);
  }
  // The order of keys is part of the body, but of no key's value.
  if (words.size === 0) return 'data changed';
  return [...words]
    .map(([kind, keys]) => `${kind} changed${keys.length > 0 ? `: ${shorten(keys)}` : ''}`)
    .join('; ');
}

const MOST_NAMED = 5;

function shorten(names: string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return names.slice(0, MOST_NAMED).join(', ') + more;
}
