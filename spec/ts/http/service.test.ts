import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Redactor } from '../../../ts/helper/redact.js';
import type { HttpResource, Told } from '../../../ts/http/resource.js';
import { type Asks, HttpService } from '../../../ts/http/service.js';
import { serverFor } from './sending.js';

/** One run of Puppet, with what it asks. */
async function run(t: Test, dir: string) {
  const logged: string[] = [];
  const redactor = new Redactor();
  const service = new HttpService((level, text) => logged.push(`${level}: ${text}`), redactor);
  const asks = service.methods() as unknown as Asks;
  await asks.open({ state_dir: dir, debug: false });
  t.teardown(() => service.close());
  const told = (given: Partial<HttpResource>): Told => ({
    ...{ title: 'x', ensure: 'post', send: 'changed', retries: 0, retry_delay: 0.01, secrets: [] },
    ...given,
  });
  return {
    logged,
    redactor,
    end: () => service.close(),
    check: (given: Partial<HttpResource>, noop = false) =>
      asks.check({ resource: told(given), noop }),
    refresh: (given: Partial<HttpResource>) => asks.refresh({ resource: told(given) }),
    /** As Puppet does: asks, and sends what is due. */
    apply: async (given: Partial<HttpResource>) => {
      const { due, call } = await asks.check({ resource: told(given), noop: false });
      if (!due) return undefined;
      const { message } = await asks.send({ resource: told(given) });
      t.equal(
        message,
        `sent: ${call?.replace(' (', ' → 200 (')}`,
        'what was said is what was done',
      );
      return message.replace(/.* \((.*)\)$/, '$1');
    },
  };
}

const json = (value: unknown) => ({ json: JSON.stringify(value) });

t.test('it is sent once, when it changes, and always where it is said to', async (t) => {
  const server = await serverFor(t, () => ({}));
  const dir = join(t.testdir(), 'http');
  const first = await run(t, dir);
  const given = { url: server.url, data: json({ a: 1, b: 2 }) };
  t.equal(await first.apply(given), 'first time');
  t.equal(await first.apply({ ...given, title: 'y' }), 'first time', 'each for itself');
  await first.end();
  const second = await run(t, dir);
  t.equal(await second.apply(given), undefined);
  t.equal(server.asked.length, 2, 'and asks nobody');
  t.equal(await second.apply({ ...given, data: json({ a: 1, b: 3 }) }), 'data changed: b');
  t.equal(
    await second.apply({ ...given, data: json({ a: 1, b: 3 }), bearer_token: 'n' }),
    undefined,
  );
  t.equal(await second.apply({ ...given, send: 'always' }), 'always');
  t.equal(await second.apply({ ...given, title: 'z', send: 'refreshed' }), undefined);
});

t.test('noop says what would be sent, and leaves nothing behind', async (t) => {
  const server = await serverFor(t, () => ({}));
  const dir = join(t.testdir(), 'http');
  const first = await run(t, dir);
  const given = { url: server.url };
  const call = `POST ${server.url}/ (first time)`;
  t.same(await first.check(given, true), { due: true, call });
  t.equal(server.asked.length, 0);
  t.equal(await first.apply({ ...given, title: 'another, not in noop' }), 'first time');
  await first.end();
  const second = await run(t, dir);
  t.same(await second.check(given, true), { due: true, call });
  t.equal(await second.apply({ ...given, title: 'another, not in noop' }), undefined);
});

t.test('a request that failed comes again, and what it may have replaced too', async (t) => {
  let status = 200;
  const server = await serverFor(t, () => ({ status }));
  const [a, b] = [1, 2].map((n) => ({ url: server.url, data: json({ n }) }));
  const it = await run(t, t.testdir());
  t.equal(await it.apply(a ?? {}), 'first time');
  status = 500;
  await t.rejects(it.apply(b ?? {}), { code: 'http_500' });
  status = 200;
  t.equal(await it.apply(a ?? {}), 'another request was tried since');
  t.equal(await it.apply(a ?? {}), undefined);
  status = 500;
  await t.rejects(it.apply(b ?? {}), { code: 'http_500' });
  status = 200;
  t.equal(await it.apply(b ?? {}), 'the last attempt came to no end');
});

t.test('a refresh sends, but not after a request of this run', async (t) => {
  const server = await serverFor(t, () => ({}));
  const dir = t.testdir();
  const first = await run(t, dir);
  const given = { url: server.url };
  await first.apply(given);
  t.equal(await first.refresh(given), undefined);
  t.equal(server.asked.length, 1);
  await first.end();
  const second = await run(t, dir);
  t.equal(await second.apply(given), undefined);
  t.same(await second.refresh(given), { message: `sent: POST ${server.url}/ → 200 (refreshed)` });
  t.equal(await second.refresh(given), undefined, 'once a run');
  t.equal(server.asked.length, 2);
});

t.test('a refresh without success is owed in the next run', async (t) => {
  let status = 500;
  const server = await serverFor(t, () => ({ status }));
  const dir = t.testdir();
  const given = { url: server.url, send: 'refreshed' as const };
  const first = await run(t, dir);
  await t.rejects(first.refresh(given), { code: 'http_500' });
  await first.end();
  status = 200;
  const second = await run(t, dir);
  t.equal(await second.apply(given), 'refreshed in a run before, without success');
  t.equal(await second.refresh(given), undefined);
  await second.end();
  const third = await run(t, dir);
  t.equal(await third.apply(given), undefined);
});

t.test('guards go before all else, in a refresh too', async (t) => {
  let state = 'up';
  const server = await serverFor(t, () => ({ body: { state } }));
  const it = await run(t, t.testdir({ made: '' }));
  const up = { url: server.url, unless: { json: { state: 'up' } } };
  t.equal(await it.apply(up), undefined);
  t.equal(await it.refresh(up), undefined);
  t.same(it.logged, ['info: not sent although refreshed: unless holds']);
  state = 'down';
  t.equal(await it.apply(up), 'probe said state=down');
  t.equal(await it.apply(up), 'probe said state=down', 'whatever was sent before');
  const only = { ...up, title: 'only', onlyif: { json: { state: 'down' } } };
  t.equal(await it.apply(only), 'probe said state=down');
  t.equal(await it.apply({ ...only, onlyif: { status: [404] } }), undefined);
  const made = join(t.testdirName, 'made');
  t.equal(await it.apply({ url: server.url, title: 'made', creates: made }), undefined);
  const missing = `${made}-not`;
  const creating = { url: server.url, title: 'made', creates: missing };
  t.equal(await it.apply(creating), `no ${missing}`);
  t.equal(await it.apply(creating), `no ${missing}`, 'as long as it is missing');
});

t.test('a ledger that cannot be written is an error of its resource', async (t) => {
  const server = await serverFor(t, () => ({}));
  const dir = join(t.testdir(), 'http');
  const it = await run(t, dir);
  t.same(await it.check({ url: server.url, title: 'before' }, true), {
    due: true,
    call: `POST ${server.url}/ (first time)`,
  });
  writeFileSync(dir, 'in the way');
  await t.rejects(it.refresh({ url: server.url }), { code: 'ledger' });
  t.equal(server.asked.length, 0);
});

t.test('secrets are known before anything can fail', async (t) => {
  const it = await run(t, t.testdir());
  await t.rejects(
    it.check({
      url: 'http://me:in%20url@a.invalid/',
      data: json({}),
      ensure: 'get',
      bearer_token: 'a-token',
      password: 'a-password',
      secret: 'a-secret',
      secrets: ['in-data'],
      proxy: 'http://me:100%@p',
      unless: { url: 'http://me:of-probe@b/' },
    }),
    { code: 'body_not_allowed' },
  );
  for (const secret of [
    'a-token',
    'a-password',
    'a-secret',
    'in-data',
    'in url',
    '100%',
    'of-probe',
  ]) {
    t.equal(it.redactor.clean(`<${secret}>`), '<[redacted]>');
  }
});
