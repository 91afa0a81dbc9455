import { UserError } from '../helper/errors.js';
import { networkReason } from '../net/network-reason.js';
import { header } from '../net/transport.js';
import { type Answer, beginning } from './answer.js';
import { type Call, nameOf } from './call.js';
import { display } from './target.js';

/** No whole answer within the time that one attempt has, or that is left of all. */
export class NoAnswer extends Error {
  constructor(
    seconds: number,
    readonly attribute: 'timeout' | 'total_timeout',
  ) {
    super(`no answer within ${seconds} s`);
  }
}

/** One line for a request that got no answer, or could not be sent. */
export function explainFailure(error: unknown, call: Call, attempts: number): UserError {
  const [code, text] = reason(error, call);
  return new UserError(code, `${nameOf(call)}: ${text}${tried(attempts)}`, { cause: error });
}

/** One line for an answer that is not the one that was wanted. */
export function explainAnswer(answer: Answer, call: Call, attempts: number): UserError {
  const said = `HTTP ${answer.status}, ${beginning(answer)}`;
  return new UserError(
    `http_${answer.status}`,
    `${nameOf(call)}: ${said}${tried(attempts)}; ${advice(answer)}`,
  );
}

function reason(error: unknown, call: Call): [string, string] {
  if (error instanceof UserError) return [error.code, error.message];
  if (error instanceof NoAnswer) {
    return ['timeout', `${error.message}; look at the server, or raise ${error.attribute}`];
  }
  const { origin } = call.target.url;
  const proxied = /Proxy response \((\d+)\)/.exec(error instanceof Error ? error.message : '');
  if (proxied) {
    return [
      'proxy',
      `the proxy refuses to connect (HTTP ${proxied[1]}); check proxy and its rules`,
    ];
  }
  return networkReason(error, { origin, attribute: 'the URL' });
}

function tried(attempts: number): string {
  return attempts > 1 ? ` (${attempts} attempts)` : '';
}

function advice(answer: Answer): string {
  const { status } = answer;
  const location = header(answer.headers, 'location');
  if (status >= 300 && status < 400 && location && URL.canParse(location, answer.url.href)) {
    return `it redirects to ${display(new URL(location, answer.url))}: correct the URL, or set follow_redirects`;
  }
  switch (status) {
    case 400:
      return 'the server does not understand the request; check data and header';
    case 401:
      return 'the server wants to know who asks; check bearer_token, user and password, or netrc';
    case 403:
      return 'these credentials may not do this; check them, and what they may do';
    case 404:
    case 410:
      return 'check the URL';
    case 405:
      return `this URL does not take it; check ensure (allowed: ${header(answer.headers, 'allow') ?? 'unknown'})`;
    case 407:
      return "the proxy wants to know who asks; put user and password into proxy's URL";
    case 408:
    case 429:
      return 'the server asks to try again later';
    case 409:
      return 'it is in conflict with what is there; look at the server';
    case 412:
      return 'what is there was changed meanwhile; the next run reads it anew';
    case 413:
      return 'data is too large for this server';
    case 415:
      return 'the server does not take this content type; set header';
    case 422:
      return 'the server does not accept the data; with an idempotency_key, also if the same key came with other data before';
  }
  if (status >= 500) return 'the server failed; look at its logs';
  if (status < 300) return 'status does not list it';
  return 'check the request';
}
