import t, { type Test } from 'tap';
import { ask, type Finding, unlike } from '../../../ts/http/probe.js';
import type { HttpResource, Probe } from '../../../ts/http/resource.js';
import type { Reply } from '../../support/http-server.js';
import { prepare, serverFor } from './sending.js';

async function found(t: Test, reply: Reply, probe: Probe): Promise<Finding> {
  const server = await serverFor(t, () => reply);
  const { call, sending } = prepare(t, { url: server.url });
  return ask(probe, call.target, sending);
}

t.test('it holds where all it says is so', async (t) => {
  const reply = {
    status: 201,
    headers: { 'X-State': 'up', etag: '"7"' },
    body: { state: 'up', since: 4 },
  };
  for (const probe of [
    {},
    { status: [200, 201] },
    { json: { state: 'up' } },
    { header: { 'x-STATE': 'up' } },
    { body: '"since":4' },
    { status: [201], json: { since: 4 }, header: { 'X-State': 'up' }, body: 'up' },
  ]) {
    t.same(await found(t, reply, probe), { holds: true, said: '', etag: '"7"', exists: true });
  }
});

t.test('what is otherwise is told', async (t) => {
  const reply = { headers: { 'x-state': 'down' }, body: { state: 'down', auth: { token: 'abc' } } };
  for (const [probe, said] of [
    [{ status: [404] }, 'HTTP 200'],
    [{ json: { state: 'up' } }, 'state=down'],
    [{ json: { other: 1 } }, 'other=nothing'],
    [{ json: { auth: 'x' } }, 'auth={"token":"[redacted]"}'],
    [{ json: { auth: { token: 'x' } } }, 'auth.token=[redacted]'],
    [{ header: { 'X-State': 'up' } }, 'X-State=down'],
    [{ header: { 'X-None': '1' } }, 'X-None=nothing'],
    [{ body: 'up' }, 'no "up" in its body'],
  ] as const) {
    t.match(await found(t, reply, probe as Probe), { holds: false, said, exists: true }, said);
  }
});

t.test('404 and 410 are a no; or what is wanted', async (t) => {
  for (const status of [404, 410]) {
    t.match(await found(t, { status }, { json: { a: 1 } }), {
      holds: false,
      said: `HTTP ${status}`,
      exists: false,
    });
    t.match(await found(t, { status }, { status: [status] }), { holds: true, exists: false });
  }
});

t.test('an answer that tells nothing fails', async (t) => {
  for (const status of [401, 403, 500, 302]) {
    await t.rejects(found(t, { status }, {}), { code: `http_${status}` });
    t.match(
      await found(t, { status }, { status: [status] }),
      { holds: true },
      'unless it is meant',
    );
  }
  await t.rejects(found(t, { body: 'Sign in' }, { json: { state: 'up' } }), {
    code: 'no_json',
    message: /^GET http:.*\/: the answer should be JSON and is not: Sign in; check the URL/,
  });
});

t.test('it asks as the resource would, where it is said to', async (t) => {
  const server = await serverFor(t, () => ({}));
  const other = await serverFor(t, () => ({}));
  const given: Partial<HttpResource> = {
    ensure: 'post',
    url: `${server.url}/x?y=1`,
    data: { json: '{}' },
    header: { 'X-Api-Key': 'abcdef', 'Content-Type': 'application/json', Accept: ['a', 'b'] },
    bearer_token: 'token-1',
  };
  const { call, sending } = prepare(t, given);
  await ask({}, call.target, sending);
  await ask({ route: 'health', method: 'head' }, call.target, sending);
  await ask({ url: `${server.url}/whole?a`, method: 'OPTIONS' }, call.target, sending);
  t.same(
    server.asked.map(({ method, path }) => `${method} ${path}`),
    ['GET /x?y=1', 'HEAD /health', 'OPTIONS /whole?a'],
  );
  for (const { headers, body } of server.asked) {
    t.match(headers, { authorization: 'Bearer token-1', 'x-api-key': 'abcdef', accept: 'a, b' });
    t.equal(headers['content-type'], undefined);
    t.equal(body, '');
  }
  await ask({ url: `${other.url}/` }, call.target, sending);
  await ask({ url: `${other.url.replace('//', '//guest:100%@')}/` }, call.target, sending);
  const [plain, named] = other.asked;
  t.equal(plain?.headers.authorization, undefined);
  t.equal(plain?.headers['x-api-key'], undefined);
  t.equal(plain?.headers.accept, 'a, b');
  const basic = Buffer.from('guest:100%').toString('base64');
  t.equal(named?.headers.authorization, `Basic ${basic}`, 'its own URL says who asks there');
  t.equal(named?.headers['x-api-key'], undefined);
});

t.test('what differs is one short line, without secrets at any depth', async (t) => {
  t.equal(unlike({ a: 1 }, { a: 1, b: 2 }), undefined);
  t.equal(unlike([1], 7), 'JSON=7');
  t.equal(unlike({ a: 'x' }, { a: 'y'.repeat(100) }), `a=${'y'.repeat(60)}…`);
  t.equal(unlike({ a: 'x' }, { a: 'two\nlines' }), 'a="two\\nlines"');
  t.equal(unlike({ password: { is: 'x' } }, { password: { is: 'abc' } }), 'password.is=[redacted]');
  t.equal(unlike({ tokens: ['x'] }, { tokens: ['abc'] }), 'tokens[0]=[redacted]');
});
