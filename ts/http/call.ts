import { UserError } from '../helper/errors.js';
import { VERSION } from '../helper/version.js';
import { bodyOf } from './body.js';
import { type HeaderFields, headersOf } from './headers.js';
import type { HttpResource } from './resource.js';
import { display, type Target, targetOf } from './target.js';

/** A request as the manifest has it, before anything is added for the way. */
export interface Call {
  method: string;
  target: Target;
  headers: HeaderFields;
  body: Buffer | undefined;
}

const WITHOUT_BODY = new Set(['GET', 'HEAD']);

export function callOf(resource: HttpResource): Call {
  const method = resource.ensure.toUpperCase();
  const target = targetOf(resource);
  const headers = headersOf(resource.header);
  if (resource.data !== undefined && WITHOUT_BODY.has(method)) {
    throw new UserError(
      'body_not_allowed',
      `${method} has no body; put data into query, or use another ensure`,
    );
  }
  const body = bodyOf(resource.data, headers['content-type']);
  if (body) headers['content-type'] = body.type;
  return { method, target, headers, body: body?.bytes };
}

/** `POST https://host/route`, as messages name it. */
export function nameOf({ method, target }: Pick<Call, 'method' | 'target'>): string {
  return `${method} ${display(target.url)}`;
}

/** What any client says of itself, unless the manifest says something else. */
export const OWN_HEADERS: HeaderFields = { accept: '*/*', 'user-agent': `webhook/${VERSION}` };
