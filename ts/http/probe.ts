import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import { header } from '../net/transport.js';
import { type Answer, jsonOf } from './answer.js';
import { type Call, nameOf } from './call.js';
import { conceal, isSecretName } from './conceal.js';
import { headersOf, withoutContent } from './headers.js';
import type { Probe } from './resource.js';
import { type Sending, send } from './send.js';
import { mismatch } from './subset.js';
import { probeTarget, type Target } from './target.js';

/** What a probe found. */
export interface Finding {
  holds: boolean;
  /** `state=down`, where it does not hold. */
  said: string;
  etag: string | undefined;
  /** Whether there is something at its URL. */
  exists: boolean;
}

/** Asks; an answer from which nothing can be told fails, so that it is never taken for a no. */
export async function ask(probe: Probe, target: Target, sending: Sending): Promise<Finding> {
  const call: Call = {
    method: (probe.method ?? 'get').toUpperCase(),
    target: probeTarget(probe, target),
    // What the request says of the client holds for its probes; what it says of its body does not.
    headers: withoutContent(headersOf(sending.resource.header)),
    body: undefined,
  };
  const accept = ({ status }: Answer): boolean =>
    (status >= 200 && status < 300) ||
    status === 404 ||
    status === 410 ||
    (probe.status?.includes(status) ?? false);
  const answer = await send(call, { accept }, sending);
  try {
    const said = whyNot(probe, answer);
    return {
      holds: said === undefined,
      said: said ?? '',
      etag: header(answer.headers, 'etag'),
      exists: answer.status !== 404 && answer.status !== 410,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.code, `${nameOf(call)}: ${error.message}`);
  }
}

function whyNot(probe: Probe, answer: Answer): string | undefined {
  const { status } = answer;
  const right = probe.status ? probe.status.includes(status) : status >= 200 && status < 300;
  if (!right) return `HTTP ${status}`;
  for (const [name, value] of Object.entries(probe.header ?? {})) {
    const is = header(answer.headers, name.toLowerCase());
    if (is !== String(value)) return `${name}=${shown(name, is)}`;
  }
  if (probe.body !== undefined && !answer.body.includes(probe.body)) {
    return `no ${JSON.stringify(probe.body)} in its body`;
  }
  return probe.json === undefined ? undefined : unlike(probe.json, jsonOf(answer));
}

/** `state=down`: where JSON does not contain what it should, and what is there. */
export function unlike(expected: unknown, actual: unknown): string | undefined {
  const found = mismatch(expected, actual);
  return found && `${found.at || 'JSON'}=${shown(found.at, found.is)}`;
}

const SHOWN = 60;

function shown(at: string, value: unknown): string {
  if (at.split(/[.[]/).some(isSecretName)) return '[redacted]';
  if (value === undefined) return 'nothing';
  const text = conceal(typeof value === 'string' ? value : JSON.stringify(value));
  return printable(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
