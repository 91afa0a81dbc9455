import { type HeaderFields, headerValue } from './headers.js';
import { loginFor, netrcFile } from './netrc.js';
import type { HttpResource } from './resource.js';
import type { Target } from './target.js';

/** The one header that says who asks; the operator's own header goes before it. */
export function authorizationFor(resource: HttpResource, target: Target): HeaderFields {
  if (resource.bearer_token !== undefined) return bearer(resource.bearer_token);
  const user = resource.user ?? target.user;
  if (user !== undefined) return basic(user, resource.password ?? target.password ?? '');
  if (!resource.netrc) return {};
  const login = loginFor(target.url.hostname, netrcFile(resource.netrc));
  return login ? basic(login.user ?? '', login.password ?? '') : {};
}

/** Who the manifest says asks a server that is not its own: only what its URL says itself. */
export function authorizationOf({ user, password }: Target): HeaderFields {
  return user === undefined ? {} : basic(user, password ?? '');
}

function bearer(token: string): HeaderFields {
  return { authorization: `Bearer ${headerValue('bearer_token', token)}` };
}

function basic(user: string, password: string): HeaderFields {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}
