import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HeaderFields } from './headers.js';
import { loginFor } from './netrc.js';
import type { HttpResource } from './resource.js';
import type { Target } from './target.js';

/** The one header that says who asks; the operator's own header goes before it. */
export function authorizationFor(resource: HttpResource, target: Target): HeaderFields {
  if (resource.bearer_token !== undefined) return bearer(resource.bearer_token);
  const user = resource.user ?? target.user;
  if (user !== undefined) return basic(user, resource.password ?? target.password ?? '');
  if (resource.netrc === undefined) return {};
  const file = resource.netrc === true ? join(homedir(), '.netrc') : resource.netrc;
  const login = loginFor(target.url.hostname, file);
  return login ? basic(login.user ?? '', login.password ?? '') : {};
}

function bearer(token: string): HeaderFields {
  return { authorization: `Bearer ${token}` };
}

function basic(user: string, password: string): HeaderFields {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
