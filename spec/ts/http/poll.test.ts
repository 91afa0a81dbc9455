import t, { type Test } from 'tap';
import { callOf } from '../../../ts/http/call.js';
import { exchange } from '../../../ts/http/exchange.js';
import { poll } from '../../../ts/http/poll.js';
import type { HttpResource } from '../../../ts/http/resource.js';
import type { Reply } from '../../support/http-server.js';
import { prepare, serverFor } from './sending.js';

/** Sends, and polls after the 202 that comes. */
async function polled(t: Test, given: Partial<HttpResource>) {
  const { call, sending } = prepare(t, { ensure: 'post', ...given });
  const signal = new AbortController().signal;
  const accepted = await exchange(call, {}, { ...sending, signal, fresh: true });
  t.equal(accepted.status, 202);
  return poll(accepted, callOf(sending.resource), 0.01, sending);
}

/** Accepts what is posted, then tells these one after the other at /job. */
function job(t: Test, headers: Record<string, string>, ...said: Reply[]) {
  return serverFor(t, ({ path }) =>
    path === '/job' ? (said.length > 1 ? said.shift() : said[0]) : { status: 202, headers },
  );
}

t.test('it asks where it is told to, until it is done', async (t) => {
  for (const name of ['location', 'operation-location']) {
    const server = await job(
      t,
      { [name]: '/job' },
      { status: 202 },
      { status: 202 },
      { body: 'x' },
    );
    const answer = await polled(t, { url: `${server.url}/orders` });
    t.equal(answer.body.toString(), 'x');
    t.same(
      server.asked.map(({ method, path }) => `${method} ${path}`),
      ['POST /orders', ...Array(3).fill('GET /job')],
    );
  }
});

t.test('Operation-Location goes before Location', async (t) => {
  const server = await job(t, { location: '/result', 'operation-location': '/job' }, {});
  await polled(t, { url: `${server.url}/orders` });
  t.equal(server.asked[1]?.path, '/job');
});

t.test('until what is expected, whatever the status or the body before', async (t) => {
  const said = [{ body: 'soon' }, { status: 202, body: { state: 'done' } }];
  const server = await job(t, { location: '/job' }, { body: { state: 'runs' } }, ...said);
  const answer = await polled(t, { url: server.url, expect: { state: 'done' } });
  t.equal(answer.status, 202);
  t.equal(server.asked.length, 4);
});

t.test('who asked is who asks on; another server does not learn it', async (t) => {
  const given: Partial<HttpResource> = {
    header: { 'X-Api-Key': 'abcdef', 'Content-Type': 'text/x' },
    data: { text: 'x' },
  };
  const withUser = (url: string) => url.replace('//', '//me:word@');
  const own = await job(t, { location: '/job' }, {});
  await polled(t, { ...given, url: withUser(own.url) });
  const basic = `Basic ${Buffer.from('me:word').toString('base64')}`;
  t.match(own.asked[1]?.headers, { authorization: basic, 'x-api-key': 'abcdef' });
  t.equal(own.asked[1]?.headers['content-type'], undefined);
  const far = await job(t, {}, {});
  const near = await job(t, { location: `${far.url}/job` }, {});
  await polled(t, { ...given, url: withUser(near.url) });
  t.equal(far.asked.length, 1);
  t.equal(far.asked[0]?.headers.authorization, undefined);
  t.equal(far.asked[0]?.headers['x-api-key'], undefined);
});

t.test('Retry-After says when, and total_timeout how long', async (t) => {
  const later = { status: 202, headers: { 'retry-after': '60' } };
  const server = await job(t, { location: '/job' }, later);
  await t.rejects(polled(t, { url: server.url, total_timeout: 2, expect: { a: 1 } }), {
    code: 'poll',
    message: `GET ${server.url}/job: it was not done within total_timeout (2 s), it said no JSON`,
  });
  t.equal(server.asked.length, 2);
  const slow = await job(t, { location: '/job' }, { body: { state: 'runs' } });
  await t.rejects(polled(t, { url: slow.url, total_timeout: 0.3, expect: { state: 'done' } }), {
    message: /total_timeout/,
  });
});

t.test('what fails, or says no place, ends it', async (t) => {
  const failing = await job(t, { location: '/job' }, { status: 404 });
  await t.rejects(polled(t, { url: failing.url }), { code: 'http_404', message: /^GET .*\/job: / });
  for (const headers of [{}, { location: 'http://[' }]) {
    const server = await job(t, headers, {});
    await t.rejects(polled(t, { url: server.url }), {
      code: 'poll',
      message: `POST ${server.url}/: HTTP 202 without a Location to poll; leave poll out`,
    });
  }
});
