import { once } from 'node:events';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { messageOf, stackOf, UserError } from './errors.js';
import { INTERNAL, type Level, type Outgoing, parseRequest } from './messages.js';
import type { Redactor } from './redact.js';

export type Log = (level: Level, message: string) => void;
export type Method = (params: never) => Promise<unknown>;

export interface Service {
  name: string;
  version: string;
  redactor: Redactor;
  /** Builds the methods; `log` may be called at any time, also from work in the background. */
  start(log: Log): Record<string, Method>;
}

/**
 * Answers requests from `input` on `output` until the end of file. That is the end of who asks: an
 * answer under way is for nobody, and is not waited for.
 */
export async function serve(service: Service, input: Readable, output: Writable): Promise<void> {
  let asked = false;
  let waiting: Outgoing[] = [];
  const redacted = (_: string, value: unknown): unknown =>
    typeof value === 'string' ? service.redactor.clean(value) : value;
  const write = (message: Outgoing): void => {
    // A thousand files placed at once are one write of a thousand lines.
    output.cork();
    output.write(`${JSON.stringify(message, redacted)}\n`);
    process.nextTick(() => output.uncork());
  };
  // Puppet reads only while it waits for an answer; lines from the background are kept until then.
  const log: Log = (level, message) => {
    const line = { log: { level, message } };
    if (asked) write(line);
    else waiting.push(line);
  };

  const methods = service.start(log);
  write({ hello: { name: service.name, version: service.version, node: process.version } });

  const answerAll = async (requests: Readable): Promise<void> => {
    for await (const line of lines(requests)) {
      asked = true;
      for (const message of waiting) write(message);
      waiting = [];
      write(await answer(line, methods));
      asked = false;
    }
  };
  const ended = once(input, 'end');
  // Through a pipe, as the end of file shows only to who reads on.
  await Promise.race([ended, answerAll(input.pipe(new PassThrough()))]);
}

async function answer(line: string, methods: Record<string, Method>): Promise<Outgoing> {
  let id = 0;
  try {
    const request = parseRequest(line);
    id = request.id;
    const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (!method) throw new Error(`no method '${request.method}'`);
    return { id, result: (await method(request.params as never)) ?? null };
  } catch (error) {
    const code = error instanceof UserError ? error.code : INTERNAL;
    const message = code === INTERNAL ? stackOf(error) : messageOf(error);
    return { id, error: { code, message } };
  }
}

async function* lines(input: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of input) {
    const pieces = (rest + decoder.write(chunk as Buffer)).split('\n');
    rest = pieces.pop() ?? '';
    yield* pieces.filter((piece) => piece !== '');
  }
}
