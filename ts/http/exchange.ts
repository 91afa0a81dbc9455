import { UserError } from '../helper/errors.js';
import { type Headers, header } from '../net/transport.js';
import { type Answer, MOST_BYTES } from './answer.js';
import { authorizationFor, authorizationOf } from './authorization.js';
import { type Call, OWN_HEADERS } from './call.js';
import type { Connections } from './connections.js';
import { type HeaderFields, withoutContent } from './headers.js';
import type { HttpResource } from './resource.js';
import { display, type Target } from './target.js';

/** All that one attempt needs. */
export interface Attempt {
  resource: HttpResource;
  connections: Connections;
  /** The manifest's own server. */
  origin: string;
  signal: AbortSignal;
  /** For requests that must not be sent twice. */
  fresh: boolean;
}

const MOST_REDIRECTS = 10;
/** Headers that another server may see too: the rest may say who we are. */
const FOR_ANYONE = new Set(['accept', 'content-type', 'user-agent']);

/** Sends a request once, and follows its redirects where that is asked for. */
export async function exchange(call: Call, extra: HeaderFields, attempt: Attempt): Promise<Answer> {
  let { method, body } = call;
  let { url } = call.target;
  let headers: HeaderFields = { ...OWN_HEADERS, ...call.headers, ...extra };
  if (url.origin !== attempt.origin) headers = forAnyone(headers);
  for (let redirects = 0; ; redirects++) {
    const target = url.origin === call.target.url.origin ? { ...call.target, url } : { url };
    const answer = await once(method, target, headers, body, attempt);
    const location = header(answer.headers, 'location');
    if (!attempt.resource.follow_redirects || !isRedirect(answer.status) || !location) {
      return answer;
    }
    if (redirects === MOST_REDIRECTS) {
      throw new UserError(
        'redirects',
        `${MOST_REDIRECTS} redirects were followed, the last one to ${display(url)}; correct the URL`,
      );
    }
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!next || !/^https?:$/.test(next.protocol) || next.protocol < url.protocol) {
      throw new UserError(
        'redirects',
        `${display(url)} redirects to ${next ? display(next) : 'nowhere'}, which is not followed: it must be http or https, and no step down from https`,
      );
    }
    if (turnsToGet(answer.status, method)) {
      method = 'GET';
      body = undefined;
      headers = withoutContent(headers);
    }
    if (next.origin !== url.origin) headers = forAnyone(headers);
    url = next;
  }
}

async function once(
  method: string,
  target: Target,
  headers: HeaderFields,
  body: Buffer | undefined,
  { resource, connections, origin, signal, fresh }: Attempt,
): Promise<Answer> {
  const { url } = target;
  const own = url.origin === origin;
  const transport = connections.for(resource, url.origin, { own, fresh });
  const enough = new Error('enough of the answer is read');
  const chunks: Buffer[] = [];
  let length = 0;
  let status = 0;
  let fields: Headers = {};
  const answer = (cut: boolean): Answer => ({
    status,
    headers: fields,
    body: Buffer.concat(chunks),
    cut,
    url,
  });
  try {
    await transport.send(
      {
        method,
        path: `${url.pathname}${url.search}`,
        headers: {
          ...(own ? authorizationFor(resource, target) : authorizationOf(target)),
          ...headers,
        },
        ...(body ? { body } : {}),
        signal,
      },
      (code, answered) => {
        status = code;
        fields = answered;
        return (chunk) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > MOST_BYTES) throw enough;
          return undefined;
        };
      },
    );
  } catch (error) {
    if (error === enough) return answer(true);
    throw error;
  }
  return answer(false);
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** As every client does, whatever the first standards said. */
function turnsToGet(status: number, method: string): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  return status === 303 || (method === 'POST' && (status === 301 || status === 302));
}

function forAnyone(headers: HeaderFields): HeaderFields {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => FOR_ANYONE.has(name)));
}
