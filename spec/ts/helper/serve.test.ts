import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { UserError } from '../../../ts/helper/errors.js';
import { Redactor } from '../../../ts/helper/redact.js';
import { type Log, type Method, serve } from '../../../ts/helper/serve.js';

interface Conversation {
  say(text: string | Buffer): void;
  ask(id: number, method: string, params?: unknown): void;
  hear(): Promise<Record<string, unknown>>;
  /** Lines that have come and were not heard. */
  unheard(): Promise<number>;
  log: Log;
  redactor: Redactor;
  end(): Promise<void>;
}

async function converse(t: Test, methods: Record<string, Method> = {}): Promise<Conversation> {
  const input = new PassThrough();
  const output = new PassThrough();
  const redactor = new Redactor();
  const lines: string[] = [];
  output.on('data', (chunk: Buffer) => {
    lines.push(...String(chunk).split('\n').filter(Boolean));
    output.emit('line');
  });
  let log: Log = () => t.fail('started without a log');
  const served = serve(
    {
      name: 'test',
      version: '1.2.3',
      redactor,
      start: (given) => {
        log = given;
        return methods;
      },
    },
    input,
    output,
  );
  t.teardown(() => input.end());
  const hear = async () => {
    while (lines.length === 0) await once(output, 'line');
    return JSON.parse(lines.shift() as string) as Record<string, unknown>;
  };
  t.strictSame(await hear(), {
    hello: { name: 'test', version: '1.2.3', node: process.version },
  });
  return {
    say: (text) => input.write(text),
    ask: (id, method, params) => input.write(`${JSON.stringify({ id, method, params })}\n`),
    hear,
    unheard: async () => {
      await sleep(20);
      return lines.length;
    },
    log,
    redactor,
    end: async () => {
      input.end();
      await served;
    },
  };
}

t.test('each request gets one answer, in order, however slow', async (t) => {
  const it = await converse(t, {
    slow: async (params: never) => {
      await sleep(30);
      return params;
    },
    quick: async () => 'quick',
    nothing: async () => undefined,
  });
  it.ask(1, 'slow', { a: [1, 'é'] });
  it.ask(2, 'quick');
  it.ask(3, 'nothing');
  t.strictSame(await it.hear(), { id: 1, result: { a: [1, 'é'] } });
  t.strictSame(await it.hear(), { id: 2, result: 'quick' });
  t.strictSame(await it.hear(), { id: 3, result: null });
  t.equal(await it.unheard(), 0);
});

t.test('what is logged while nobody asks waits for the next question', async (t) => {
  const it = await converse(t, {
    work: async () => it.log('info', 'at work'),
  });
  it.log('debug', 'in the background');
  it.log('warning', 'and again');
  t.equal(await it.unheard(), 0);
  it.ask(1, 'work');
  t.strictSame(await it.hear(), { log: { level: 'debug', message: 'in the background' } });
  t.strictSame(await it.hear(), { log: { level: 'warning', message: 'and again' } });
  t.strictSame(await it.hear(), { log: { level: 'info', message: 'at work' } });
  t.strictSame(await it.hear(), { id: 1, result: null });
  it.log('info', 'late');
  t.equal(await it.unheard(), 0);
});

t.test("the user's error keeps its code and has no stack", async (t) => {
  const it = await converse(t, {
    fail: async () => {
      throw new UserError('no_such_key', 'there is none');
    },
  });
  it.ask(7, 'fail');
  t.strictSame(await it.hear(), {
    id: 7,
    error: { code: 'no_such_key', message: 'there is none' },
  });
});

t.test('our own error is internal, and brings its stack', async (t) => {
  const it = await converse(t, {
    fail: async () => {
      throw new TypeError('of ours');
    },
    odd: async () => {
      throw 'a text';
    },
    early: () => {
      throw new Error('before any promise');
    },
  });
  it.ask(1, 'fail');
  const { id, error } = (await it.hear()) as { id: number; error: Record<string, string> };
  t.equal(id, 1);
  t.equal(error.code, 'internal');
  t.match(error.message, /^TypeError: of ours\n {4}at .*serve\.test\.ts/);
  it.ask(2, 'odd');
  t.strictSame(await it.hear(), { id: 2, error: { code: 'internal', message: 'a text' } });
  it.ask(3, 'early');
  t.match(await it.hear(), { id: 3, error: { code: 'internal', message: /before any promise/ } });
});

t.test('what is no request is answered too, and the next one is served', async (t) => {
  const it = await converse(t, { quick: async () => 1 });
  for (const nonsense of ['{', 'null', '[]', '{"id":"1","method":"quick"}', '{"id":1}']) {
    it.say(`${nonsense}\n`);
    t.match(await it.hear(), { id: Number, error: { code: 'internal' } }, nonsense);
  }
  for (const method of ['unknown', 'constructor', '__proto__', 'toString']) {
    it.ask(5, method);
    t.match(await it.hear(), {
      id: 5,
      error: { code: 'internal', message: `no method '${method}'` },
    });
  }
  it.ask(6, 'quick');
  t.strictSame(await it.hear(), { id: 6, result: 1 });
});

t.test('a line may come in pieces, cut within a character, and several in one piece', async (t) => {
  const it = await converse(t, { echo: async (params: never) => params });
  const bytes = Buffer.from(
    '\n{"id":1,"method":"echo","params":"é😀"}\n\n{"id":2,"method":"echo","params":2}\n',
  );
  for (const byte of bytes.subarray(0, 40)) {
    it.say(Buffer.of(byte));
    await sleep(0);
  }
  it.say(bytes.subarray(40));
  t.strictSame(await it.hear(), { id: 1, result: 'é😀' });
  t.strictSame(await it.hear(), { id: 2, result: 2 });
});

t.test('no secret leaves in a log line, a result or an error', async (t) => {
  const it = await converse(t, {
    tell: async () => it.log('debug', 'with hush-hush'),
    give: async () => ({ is: ['a "hush"\\ b', 1], should: { be: 'hush-hush' } }),
    fail: async () => {
      throw new UserError('denied', 'hush-hush was refused');
    },
    bug: async () => {
      throw new Error('hush-hush');
    },
  });
  it.log('debug', 'hush-hush is told before it is known to be secret');
  it.redactor.add('hush-hush', '"hush"\\');
  it.ask(1, 'tell');
  t.match(await it.hear(), { log: { message: /^\[redacted\] is told/ } });
  t.strictSame(await it.hear(), { log: { level: 'debug', message: 'with [redacted]' } });
  await it.hear();
  it.ask(2, 'fail');
  t.match(await it.hear(), { error: { message: '[redacted] was refused' } });
  it.ask(3, 'bug');
  t.notMatch(JSON.stringify(await it.hear()), 'hush-hush');
  it.ask(4, 'give');
  t.strictSame(await it.hear(), {
    id: 4,
    result: { is: ['a [redacted] b', 1], should: { be: '[redacted]' } },
  });
});

t.test('the end of file ends it, also amid an answer that nobody will read', async (t) => {
  let begun = () => {};
  const under = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const it = await converse(t, {
    endless: () => {
      begun();
      return new Promise(() => {});
    },
  });
  it.ask(1, 'endless');
  await under;
  await it.end();
  t.equal(await it.unheard(), 0);
});
