import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import type { Headers } from '../net/transport.js';
import { conceal } from './conceal.js';

export interface Answer {
  status: number;
  headers: Headers;
  /** At most as much as is ever looked at. */
  body: Buffer;
  /** Whether there was more. */
  cut: boolean;
  /** Where it came from, after redirects. */
  url: URL;
}

/** More is never read: what decides about a request is not so long. */
export const MOST_BYTES = 10 * 1024 * 1024;

export function jsonOf(answer: Answer): unknown {
  if (answer.cut) {
    throw new UserError(
      'too_large',
      `the answer should be JSON and is longer than ${MOST_BYTES / 1024 / 1024} MiB; ask for less of it`,
    );
  }
  const text = answer.body.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const said = text.trim() === '' ? 'empty' : `not: ${beginning(answer)}`;
    throw new UserError(
      'no_json',
      `the answer should be JSON and is ${said}; check the URL, and that it answers with JSON`,
    );
  }
}

const SHOWN = 200;

/** The first part of an answer's body, for a message. */
export function beginning({ body }: Pick<Answer, 'body'>): string {
  const text = conceal(body.subarray(0, 64 * 1024).toString('utf8'))
    .replace(/\s+/g, ' ')
    .trim();
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return shown === '' ? 'an empty body' : printable(shown);
}
