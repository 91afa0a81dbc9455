import { codeOf, UserError } from '../helper/errors.js';
import { UNREACHABLE } from '../net/failures.js';
import { networkReason } from '../net/network-reason.js';
import { header } from '../net/transport.js';
import { type Answer, beginning } from './answer.js';
import { type Call, nameOf } from './call.js';
import { proxyFor } from './connections.js';
import type { HttpResource } from './resource.js';
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
export function explainFailure(
  error: unknown,
  call: Call,
  attempts: number,
  resource: HttpResource,
): UserError {
  const [code, text] = reason(error, call, resource);
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

/** Codes of a way that ends before the server, where a proxy or a socket is on it. */
const NO_WAY = new Set([
  ...UNREACHABLE,
  ...['ENOENT', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'],
]);

function reason(error: unknown, call: Call, resource: HttpResource): [string, string] {
  if (error instanceof UserError) return [error.code, error.message];
  if (error instanceof NoAnswer) {
    return ['timeout', `${error.message}; look at the server, or raise ${error.attribute}`];
  }
  const { origin } = call.target.url;
  const proxied = /Proxy response \((\d+)\)/.exec(error instanceof Error ? error.message : '');
  if (proxied?.[1] === '407') return ['proxy', PROXY_LOGIN];
  if (proxied) {
    return [
      'proxy',
      `the proxy refuses to connect (HTTP ${proxied[1]}); check proxy and its rules`,
    ];
  }
  const code = codeOf(error);
  const { unix_socket } = resource;
  if (unix_socket && NO_WAY.has(code)) {
    return [
      'socket',
      `nothing answers at ${unix_socket} (${code}); check unix_socket and the server`,
    ];
  }
  const proxy = proxyFor(resource, origin);
  if (proxy && NO_WAY.has(code) && URL.canParse(proxy)) {
    return [
      'proxy',
      `the proxy ${new URL(proxy).host} cannot be reached (${code}); check proxy, or HTTPS_PROXY, HTTP_PROXY and NO_PROXY`,
    ];
  }
  // It is the server that says this, of what it was shown or not shown.
  if (/_ALERT_(\w*CERTIFICATE|UNKNOWN_CA)/.test(code)) return ['client_cert', CERTIFICATE];
  if (error instanceof Error && error.name === 'HTTPParserError') {
    return ['no_http', 'what answers does not speak HTTP; check the port, and whether it is https'];
  }
  const [kind, text] = networkReason(error, { origin, attribute: 'the URL' });
  if (kind !== 'connection_lost') return [kind, text];
  // A server of https ends what is no TLS, or shows no certificate, without a word.
  const hint = origin.startsWith('https:') ? 'does it want a client_cert?' : 'is it https?';
  return [kind, text.replace('try again later', `try again later; ${hint}`)];
}

const CERTIFICATE =
  'the server does not take the certificate that it was shown, or wants one; check client_cert and client_key';
const PROXY_LOGIN =
  "the proxy wants to know who asks (HTTP 407); put user and password into proxy's URL";

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
      if (/SSL certificate/i.test(answer.body.toString('utf8'))) return CERTIFICATE;
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
