/**
 * Every message that crosses the process boundary, one JSON document a line.
 * Golden examples for both languages are in spec/fixtures/messages.json.
 */

/** The first line on stdout, unasked. Both sides compare name and exact version. */
export interface Hello {
  hello: { name: string; version: string; node: string };
}

/** Puppet asks; one request is under way at a time. */
export interface Request {
  id: number;
  method: string;
  params: unknown;
}

export interface Answer {
  id: number;
  result: unknown;
}

/** `code` is `internal` where the helper itself is at fault, else it names the user's error. */
export interface Failure {
  id: number;
  error: { code: string; message: string };
}

export type Level = 'debug' | 'info' | 'notice' | 'warning' | 'err';

/** Comes only between a request and its answer, so that neither side can block the other. */
export interface LogLine {
  log: { level: Level; message: string };
}

export type Outgoing = Hello | Answer | Failure | LogLine;

export const INTERNAL = 'internal';

export function parseRequest(line: string): Request {
  const message = JSON.parse(line) as Partial<Request> | null;
  if (typeof message?.id !== 'number' || typeof message.method !== 'string') {
    throw new Error('a request needs a numeric id and a method');
  }
  return { id: message.id, method: message.method, params: message.params };
}
