import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, UserError } from '../helper/errors.js';
import type { Log } from '../helper/serve.js';
import { LOST, TIMED_OUT, UNREACHABLE } from '../net/failures.js';
import { hasNotLeft, header } from '../net/transport.js';
import type { Answer } from './answer.js';
import type { Call } from './call.js';
import type { Connections } from './connections.js';
import { exchange } from './exchange.js';
import { explainAnswer, explainFailure, NoAnswer } from './explain.js';
import type { HeaderFields } from './headers.js';
import type { HttpResource } from './resource.js';
import { retryAfter } from './retry-after.js';

export interface Sending {
  resource: HttpResource;
  connections: Connections;
  log: Log;
  /** The manifest's own server. */
  origin: string;
  /** When it is over, whatever is under way. */
  deadline: number;
}

export interface Manner {
  /** Made anew for each attempt, since a signature has its time. */
  headers?: () => HeaderFields;
  /** Whether the server knows a repeat, by an idempotency key. */
  keyed?: boolean;
  /** Whether an answer needs no second thought. */
  accept: (answer: Answer) => boolean;
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** A server may be as slow as this between attempts, unless it asks for longer. */
const LONGEST_PAUSE_MS = 30_000;

/** Sends a request until it is accepted, as often as is safe and asked for. */
export async function send(call: Call, manner: Manner, sending: Sending): Promise<Answer> {
  const { resource } = sending;
  const repeatable = IDEMPOTENT.has(call.method) || manner.keyed === true;
  for (let attempt = 1; ; attempt++) {
    const { answer, error } = await timed(call, manner, repeatable, sending).then(
      (answer) => ({ answer, error: undefined }),
      (error: unknown) => ({ answer: undefined, error }),
    );
    if (answer && manner.accept(answer)) return answer;
    const failure = answer
      ? explainAnswer(answer, call, attempt)
      : explainFailure(error, call, attempt, resource);
    const again = answer
      ? repeatable && isTransient(answer.status, manner)
      : isWorthAnother(error, repeatable);
    if (!again || attempt > resource.retries) throw failure;
    const asked = answer && retryAfter(header(answer.headers, 'retry-after'));
    const wait = asked ?? backOff(attempt, resource.retry_delay);
    if (Date.now() + wait >= sending.deadline) {
      throw new UserError(
        failure.code,
        `${failure.message}; the next attempt would be after total_timeout (${resource.total_timeout} s)`,
      );
    }
    sending.log('debug', `${failure.message}; trying again in ${Math.ceil(wait / 1000)} s`);
    await sleep(wait);
  }
}

async function timed(
  call: Call,
  { headers }: Manner,
  repeatable: boolean,
  { resource, connections, origin, deadline }: Sending,
): Promise<Answer> {
  const own = resource.timeout * 1000;
  const ms = Math.max(1, Math.min(own, deadline - Date.now()));
  const attribute = ms < own ? 'total_timeout' : 'timeout';
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new NoAnswer(Math.ceil(ms / 1000), attribute)),
    ms,
  );
  try {
    return await exchange(call, headers?.() ?? {}, {
      resource,
      connections,
      origin,
      signal: controller.signal,
      fresh: !repeatable,
    });
  } finally {
    clearTimeout(timer);
  }
}

function isTransient(status: number, { keyed }: Manner): boolean {
  // Under a key, a conflict is the first attempt that is still under way.
  if (status === 409) return keyed === true;
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

function isWorthAnother(error: unknown, repeatable: boolean): boolean {
  if (error instanceof UserError) return false;
  const code = codeOf(error);
  const passing =
    error instanceof NoAnswer || LOST.has(code) || TIMED_OUT.has(code) || UNREACHABLE.has(code);
  return passing && (repeatable || hasNotLeft(error));
}

/** Exponential, with jitter so that many nodes do not come back together. */
function backOff(attempt: number, seconds: number): number {
  const ceiling = Math.min(seconds * 1000 * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return ceiling * (0.5 + Math.random() / 2);
}
