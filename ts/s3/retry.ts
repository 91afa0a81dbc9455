import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../helper/errors.js';
import { LOST, TIMED_OUT, UNREACHABLE } from '../net/failures.js';
import { RoleError } from './role-error.js';
import { S3Error } from './s3-error.js';

export interface RetryPolicy {
  attempts: number;
  /** A server that went silent has already cost a whole time-out. */
  attemptsAfterTimeout: number;
  baseDelayMs: number;
  maxDelayMs: number;
}

export const DEFAULT_RETRIES: RetryPolicy = {
  attempts: 5,
  attemptsAfterTimeout: 2,
  baseDelayMs: 200,
  maxDelayMs: 5_000,
};

const TRANSIENT = new Set([
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'Throttling',
  'ThrottlingException',
]);

/** How often to try in all, given how it failed this time; 1 is never again. */
export function attemptsFor(failure: unknown, policy: RetryPolicy): number {
  const error = RoleError.causeOf(failure);
  if (error instanceof S3Error) {
    const transient = error.status >= 500 || error.status === 429 || TRANSIENT.has(error.code);
    return transient && error.status !== 501 ? policy.attempts : 1;
  }
  const code = codeOf(error);
  if (TIMED_OUT.has(code)) return policy.attemptsAfterTimeout;
  return LOST.has(code) ? policy.attempts : 1;
}

/** Exponential, with full jitter so that many agents do not come back together. */
export async function backOff(attempt: number, policy: RetryPolicy): Promise<void> {
  const ceiling = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
  await sleep(ceiling * (0.5 + Math.random() / 2));
}

/**
 * A failure of the connection itself: another request to the same place would meet it too. A body
 * that stalls has had its headers: the server is there, and may bring another object.
 */
export function isUnreachable(failure: unknown): boolean {
  const error = RoleError.causeOf(failure);
  const code = codeOf(error);
  return (
    !(error instanceof S3Error) &&
    ((TIMED_OUT.has(code) && code !== 'UND_ERR_BODY_TIMEOUT') ||
      UNREACHABLE.has(code) ||
      code === 'ENOTFOUND')
  );
}
