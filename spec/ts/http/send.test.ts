import t, { type Test } from 'tap';
import type { Answer } from '../../../ts/http/answer.js';
import type { HttpResource, Verb } from '../../../ts/http/resource.js';
import { send } from '../../../ts/http/send.js';
import { freePort } from '../../support/free-port.js';
import type { Answerer, Reply } from '../../support/http-server.js';
import { prepare, serverFor } from './sending.js';

const accept = ({ status }: Answer): boolean => status < 300;
/** One answer after the other; the last one again and again. */
const inTurn = (...replies: Reply[]): Answerer => {
  const left = [...replies];
  return () => (left.length > 1 ? left.shift() : left[0]);
};
const reset: Answerer = (_, response) => {
  response.socket?.resetAndDestroy();
  return undefined;
};

function sent(t: Test, given: Partial<HttpResource>, keyed = false): Promise<Answer> {
  const { call, sending } = prepare(t, { retries: 3, ...given });
  return send(call, { accept, keyed }, sending);
}

const VERBS: Verb[] = ['get', 'head', 'options', 'put', 'delete', 'post', 'patch'];
const TWICE = new Set<Verb>(['get', 'head', 'options', 'put', 'delete']);

t.test('what may pass is tried again, where a repeat does no harm', async (t) => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    for (const ensure of VERBS) {
      const server = await serverFor(t, inTurn({ status }, { status: 200 }));
      const answer = sent(t, { ensure, url: server.url });
      if (TWICE.has(ensure)) t.equal((await answer).status, 200, `${ensure} ${status}`);
      else await t.rejects(answer, { code: `http_${status}` }, `${ensure} ${status}`);
      t.equal(server.asked.length, TWICE.has(ensure) ? 2 : 1);
    }
  }
});

t.test('what will not pass is not', async (t) => {
  for (const status of [301, 400, 401, 403, 404, 405, 409, 412, 422, 501, 505]) {
    const server = await serverFor(t, () => ({ status }));
    await t.rejects(sent(t, { url: server.url }), { code: `http_${status}` });
    t.equal(server.asked.length, 1, `${status}`);
  }
});

t.test('under a key all are, and a conflict is waited for', async (t) => {
  for (const ensure of ['post', 'patch'] as const) {
    const replies = [{ status: 409 }, { status: 503 }, { status: 201 }];
    const server = await serverFor(t, inTurn(...replies));
    t.equal((await sent(t, { ensure, url: server.url }, true)).status, 201);
    t.equal(server.asked.length, 3);
  }
});

t.test('a connection that was cut is tried again only where that does no harm', async (t) => {
  for (const ensure of VERBS) {
    const server = await serverFor(t, (asked, response) =>
      server.asked.length > 1 ? { status: 200 } : reset(asked, response),
    );
    if (TWICE.has(ensure)) t.equal((await sent(t, { ensure, url: server.url })).status, 200);
    else await t.rejects(sent(t, { ensure, url: server.url }), { code: 'connection_lost' });
    t.equal(server.asked.length, TWICE.has(ensure) ? 2 : 1, ensure);
  }
});

t.test('a body that was cut is as good as no answer', async (t) => {
  for (const headers of [{ 'content-length': '10' }, {}]) {
    const server = await serverFor(t, (_, response) => {
      if (server.asked.length > 1) return { body: 'whole' };
      response.writeHead(200, headers).write('xx', () => response.destroy());
      return undefined;
    });
    t.equal((await sent(t, { url: server.url })).body.toString(), 'whole');
  }
});

t.test('what never left is tried again whatever it is', async (t) => {
  for (const ensure of VERBS) {
    const port = await freePort();
    const { call, sending, logged } = prepare(t, {
      ensure,
      url: `http://127.0.0.1:${port}/x`,
      retries: 2,
    });
    const name = `${ensure.toUpperCase()} http://127.0.0.1:${port}/x`;
    await t.rejects(send(call, { accept }, sending), {
      code: 'connection_refused',
      message: `${name}: connection refused; is the server running, are host and port right? (3 attempts)`,
    });
    t.equal(logged.length, 2);
    t.match(logged[0], /^debug: .*connection refused.*; trying again in 1 s$/);
  }
});

t.test('retries are as many as asked', async (t) => {
  for (const retries of [0, 1, 4]) {
    const server = await serverFor(t, () => ({ status: 503, body: 'busy' }));
    const often = retries > 0 ? ` (${retries + 1} attempts)` : '';
    await t.rejects(sent(t, { url: server.url, retries }), {
      message: `GET ${server.url}/: HTTP 503, busy${often}; the server failed; look at its logs`,
    });
    t.equal(server.asked.length, retries + 1);
  }
});

t.test('Retry-After goes before the own delay, in both forms', async (t) => {
  const after = async (value: string, retry_delay: number): Promise<number> => {
    const server = await serverFor(
      t,
      inTurn({ status: 503, headers: { 'retry-after': value } }, { status: 200 }),
    );
    const begun = performance.now();
    await sent(t, { url: server.url, retry_delay, timeout: 60, total_timeout: 60 });
    return performance.now() - begun;
  };
  t.ok((await after('0', 30)) < 5000, 'none at all');
  t.ok((await after('1', 0.01)) >= 990);
  // A date has whole seconds: between one and two from now.
  const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000).toUTCString();
  t.ok((await after(date, 0.01)) >= 900);
  t.ok((await after(new Date(0).toUTCString(), 30)) < 5000, 'a date that is past');
});

t.test('delays double, up to the jitter', async (t) => {
  const times: number[] = [];
  const server = await serverFor(t, () => {
    times.push(performance.now());
    return { status: 503 };
  });
  await t.rejects(sent(t, { url: server.url, retries: 3, retry_delay: 0.2 }));
  const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0));
  for (const [n, pause] of pauses.entries()) {
    t.ok(pause >= 100 * 2 ** n - 5, `pause ${n + 1}: ${pause} ms`);
  }
});

t.test('total_timeout bounds it all', async (t) => {
  const busy = await serverFor(t, () => ({ status: 503, headers: { 'retry-after': '60' } }));
  await t.rejects(sent(t, { url: busy.url, total_timeout: 2 }), {
    code: 'http_503',
    message: /; the next attempt would be after total_timeout \(2 s\)$/,
  });
  t.equal(busy.asked.length, 1, 'no wait that leads to nothing');
  const silent = await serverFor(t, () => undefined);
  const begun = performance.now();
  await t.rejects(sent(t, { url: silent.url, timeout: 30, total_timeout: 0.3, retries: 9 }), {
    code: 'timeout',
    message: /no answer within 1 s; look at the server, or raise total_timeout/,
  });
  t.ok(performance.now() - begun < 5000);
});

t.test('one attempt has its own time, also for a body that never ends', async (t) => {
  const silent = await serverFor(t, () => undefined);
  await t.rejects(sent(t, { url: silent.url, timeout: 0.2, retries: 1 }), {
    code: 'timeout',
    message: `GET ${silent.url}/: no answer within 1 s; look at the server, or raise timeout (2 attempts)`,
  });
  t.equal(silent.asked.length, 2);
  await t.rejects(sent(t, { url: silent.url, timeout: 0.2, ensure: 'post' }), { code: 'timeout' });
  t.equal(silent.asked.length, 3, 'a post that left is not repeated');
  const slow = await serverFor(t, (_, response) => {
    response.writeHead(200);
    const trickle = setInterval(() => response.write('x'), 30);
    response.on('close', () => clearInterval(trickle));
    return undefined;
  });
  await t.rejects(sent(t, { url: slow.url, timeout: 0.3, retries: 0 }), { code: 'timeout' });
});

t.test('headers are made anew for each attempt', async (t) => {
  const server = await serverFor(t, inTurn({ status: 503 }, { status: 200 }));
  const { call, sending } = prepare(t, { url: server.url, retries: 1 });
  let made = 0;
  await send(call, { accept, headers: () => ({ 'x-time': `${++made}` }) }, sending);
  t.same(
    server.asked.map(({ headers }) => headers['x-time']),
    ['1', '2'],
  );
});

t.test('what cannot be a header is never sent, and not told', async (t) => {
  const server = await serverFor(t, () => ({}));
  const failure = await sent(t, { url: server.url, bearer_token: 'top-secret\n' }).catch(String);
  t.match(failure, /bearer_token has a line break or another character that no header can hold/);
  t.notMatch(failure, 'top-secret');
  t.equal(server.asked.length, 0);
});
