import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { deliver } from '../../../ts/http/deliver.js';
import { identify } from '../../../ts/http/identity.js';
import { Memory } from '../../../ts/http/memory.js';
import { ask } from '../../../ts/http/probe.js';
import type { HttpResource } from '../../../ts/http/resource.js';
import { prepare, serverFor } from './sending.js';

/** Delivers as the service does: it asks `unless` first. */
async function delivered(t: Test, dir: string, given: Partial<HttpResource>): Promise<string> {
  const { call, sending } = prepare(t, { ensure: 'post', ...given });
  const memory = new Memory(dir);
  t.teardown(() => memory.close());
  const { unless } = sending.resource;
  const finding = unless && (await ask(unless, call.target, sending));
  const identity = identify(sending.resource, call, 'key');
  return deliver(call, identity, finding, memory, sending);
}

const json = (value: unknown) => ({ json: JSON.stringify(value) });

t.test('what was sent is told, with the status', async (t) => {
  const server = await serverFor(t, () => ({ status: 201 }));
  const url = `${server.url.replace('//', '//me:word@')}/a?b=c#part`;
  t.equal(
    await delivered(t, t.testdir(), { url }),
    `sent: POST ${server.url}/a?b=c → 201`,
    'without who asked',
  );
});

t.test('success is 2xx, or what status lists', async (t) => {
  for (const [status, listed, good] of [
    [204, undefined, true],
    [304, undefined, false],
    [404, [200, 404], true],
    [201, [200], false],
  ] as const) {
    const server = await serverFor(t, () => ({ status }));
    const given = { url: server.url, ...(listed ? { status: [...listed] } : {}) };
    const sent = delivered(t, t.testdir(), given);
    if (good) t.match(await sent, `→ ${status}`);
    else await t.rejects(sent, { code: `http_${status}` });
  }
});

t.test('the answer must contain what is expected', async (t) => {
  const server = await serverFor(t, ({ path }) =>
    path === '/text' ? { body: 'fine' } : { body: { ok: false, id: 7 } },
  );
  const dir = t.testdir();
  t.match(await delivered(t, dir, { url: server.url, expect: { id: 7 } }), '→ 200');
  await t.rejects(delivered(t, dir, { url: server.url, expect: { ok: true } }), {
    code: 'expect',
    message: /^POST http:.*\/ → 200.*ok=false/,
  });
  await t.rejects(delivered(t, dir, { url: `${server.url}/text`, expect: { ok: true } }), {
    code: 'expect',
    message: /→ 200: the answer should be JSON and is not: fine/,
  });
});

t.test('a key is on disk before the request arrives, and the same after a crash', async (t) => {
  const dir = t.testdir();
  const onDisk: string[] = [];
  let answer: { status: number } | undefined;
  const server = await serverFor(t, (_, response) => {
    onDisk.push(readFileSync(join(dir, 'sent.jsonl'), 'utf8'));
    if (!answer) response.destroy();
    return answer;
  });
  const given: Partial<HttpResource> = {
    url: server.url,
    title: 'order',
    data: json({ n: 1 }),
    idempotency_key: true,
  };
  const keys = () => server.asked.map(({ headers }) => headers['idempotency-key']);
  await t.rejects(delivered(t, dir, given), { code: 'connection_lost' });
  const [key] = keys();
  t.match(key, /^[0-9a-f-]{36}$/);
  t.match(onDisk[0], `"key":"${key}"`);
  answer = { status: 201 };
  await delivered(t, dir, given);
  t.same(keys(), [key, key], 'another run sends the same');
  await delivered(t, dir, { ...given, data: json({ n: 2 }) });
  t.not(keys()[2], key, 'another payload has another');
  await delivered(t, dir, { ...given, idempotency_key: 'own-1', idempotency_header: 'X-Once' });
  t.equal(server.asked[3]?.headers['x-once'], 'own-1');
});

t.test('under a key a conflict waits, and 422 fails', async (t) => {
  const statuses = [409, 503, 201, 422];
  const server = await serverFor(t, () => ({ status: statuses.shift() ?? 500 }));
  const given = { url: server.url, idempotency_key: true as const, retries: 3 };
  t.match(await delivered(t, t.testdir(), given), '→ 201');
  t.equal(new Set(server.asked.map(({ headers }) => headers['idempotency-key'])).size, 1);
  await t.rejects(delivered(t, t.testdir(), given), { code: 'http_422', message: /same key/ });
  t.equal(server.asked.length, 4);
});

t.test('without a place for the key nothing is sent', async (t) => {
  const server = await serverFor(t, () => ({}));
  const dir = join(t.testdir(), 'http');
  const { call, sending } = prepare(t, { url: server.url, idempotency_key: true });
  const memory = new Memory(dir);
  memory.get('a request');
  writeFileSync(dir, 'in the way');
  const identity = identify(sending.resource, call, 'key');
  await t.rejects(deliver(call, identity, undefined, memory, sending), { code: 'ledger' });
  t.equal(server.asked.length, 0);
});

t.test('a key or its header that cannot be one is not sent', async (t) => {
  const server = await serverFor(t, () => ({}));
  for (const given of [{ idempotency_key: 'a\nb' }, { idempotency_header: 'a b' }]) {
    const whole = { url: server.url, idempotency_key: 'x', ...given };
    await t.rejects(delivered(t, t.testdir(), whole), { code: 'bad_header' });
  }
  t.equal(server.asked.length, 0);
});

t.test('a signature goes along, with the id of the delivery at each attempt', async (t) => {
  const server = await serverFor(t, () => ({ status: server.asked.length > 1 ? 200 : 503 }));
  await delivered(t, t.testdir(), {
    ...{ url: server.url, idempotency_key: 'own-1', retries: 1 },
    ...{ data: { text: 'Hello, World!' }, signature: 'github' },
    secret: "It's a Secret to Everybody",
  });
  for (const { headers } of server.asked) {
    t.match(headers, {
      'x-hub-signature-256':
        'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      'x-github-delivery': 'own-1',
    });
  }
  t.equal(server.asked.length, 2);
});

/** A thing with an ETag, that someone else changes as often as asked before each PUT. */
async function thing(t: Test, { changes = 0, to = 'other', there = true } = {}) {
  let etag = 1;
  let state = there ? 'down' : undefined;
  let left = changes;
  return serverFor(t, ({ method, headers, body }) => {
    if (method === 'GET') {
      if (state === undefined) return { status: 404 };
      return { headers: { etag: `"${etag}"` }, body: { state } };
    }
    if (left-- > 0) {
      etag++;
      state = to;
    }
    const wanted = state === undefined ? '*' : `"${etag}"`;
    if ((headers['if-match'] ?? headers['if-none-match']) !== wanted) return { status: 412 };
    etag++;
    state = (JSON.parse(body) as { state: string }).state;
    return {};
  });
}

const up: Partial<HttpResource> = {
  ensure: 'put',
  data: json({ state: 'up' }),
  unless: { json: { state: 'up' } },
  verify: true,
  if_match: true,
};

t.test('if_match sends the ETag that was read, and reads once more after a 412', async (t) => {
  const calm = await thing(t);
  t.match(await delivered(t, t.testdir(), { ...up, url: calm.url }), '→ 200');
  t.same(
    calm.asked.map(({ method, headers }) => [method, headers['if-match']]),
    [
      ['GET', undefined],
      ['PUT', '"1"'],
      ['GET', undefined],
    ],
  );
  const busy = await thing(t, { changes: 1 });
  t.match(await delivered(t, t.testdir(), { ...up, url: busy.url }), '→ 200');
  t.equal(busy.asked.filter(({ method }) => method === 'PUT').length, 2);
  const busier = await thing(t, { changes: 9 });
  await t.rejects(delivered(t, t.testdir(), { ...up, url: busier.url }), { code: 'http_412' });
  t.equal(busier.asked.filter(({ method }) => method === 'PUT').length, 2, 'once');
});

t.test('if_match has no part in what another did meanwhile, or what is new', async (t) => {
  const done = await thing(t, { changes: 1, to: 'up' });
  t.equal(
    await delivered(t, t.testdir(), { ...up, url: done.url }),
    `PUT ${done.url}/ was not needed any more: unless holds meanwhile`,
  );
  const none = await thing(t, { there: false });
  t.match(await delivered(t, t.testdir(), { ...up, url: none.url }), '→ 200');
  t.equal(none.asked[1]?.headers['if-none-match'], '*');
  const bare = await serverFor(t, () => ({ body: { state: 'down' } }));
  await t.rejects(delivered(t, t.testdir(), { ...up, url: bare.url }), {
    code: 'if_match',
    message: /answer has no ETag for if_match; leave if_match out/,
  });
  t.equal(bare.asked.length, 1, 'nothing is sent');
});

t.test('verify asks again, and fails where nothing has changed', async (t) => {
  const server = await serverFor(t, () => ({ headers: { etag: '"1"' }, body: { state: 'down' } }));
  await t.rejects(delivered(t, t.testdir(), { ...up, url: server.url }), {
    code: 'verify',
    message: `PUT ${server.url}/ was sent, but the unless probe still says state=down`,
  });
  t.same(
    server.asked.map(({ method }) => method),
    ['GET', 'PUT', 'GET'],
  );
});
