import t, { type Test } from 'tap';
import type { Answer } from '../../../ts/http/answer.js';
import { exchange } from '../../../ts/http/exchange.js';
import type { HttpResource } from '../../../ts/http/resource.js';
import type { Reply } from '../../support/http-server.js';
import { prepare, serverFor } from './sending.js';

const redirect = (status: number, location: string): Reply => ({ status, headers: { location } });

/** Once, as the manifest has it. */
function once(t: Test, given: Partial<HttpResource>, extra = {}): Promise<Answer> {
  const { call, sending } = prepare(t, given);
  const signal = new AbortController().signal;
  return exchange(call, extra, { ...sending, signal, fresh: false });
}

t.test('a request is sent as the manifest has it, and its answer told', async (t) => {
  const server = await serverFor(t, () => ({ status: 201, headers: { 'x-id': '7' }, body: 'ok' }));
  const answer = await once(
    t,
    {
      ensure: 'put',
      url: `${server.url}/a%20b?c=d`,
      data: { json: '{"n":1.0}' },
      header: { 'X-One': '1', 'User-Agent': 'mine' },
      bearer_token: 'token-1',
    },
    { 'x-extra': '2' },
  );
  t.match(answer, { status: 201, headers: { 'x-id': '7' }, cut: false });
  t.equal(answer.body.toString(), 'ok');
  t.match(server.asked, [
    {
      method: 'PUT',
      path: '/a%20b?c=d',
      body: '{"n":1.0}',
      headers: {
        accept: '*/*',
        'user-agent': 'mine',
        'x-one': '1',
        'x-extra': '2',
        'content-type': 'application/json',
        authorization: 'Bearer token-1',
      },
    },
  ]);
});

t.test('an answer is read to 10 MiB, and no further', async (t) => {
  let written = 0;
  const server = await serverFor(t, ({ path }, response) => {
    response.writeHead(200);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    if (path === '/small') {
      for (let i = 0; i < 10; i++) response.write(piece);
      response.end();
      return undefined;
    }
    const more = (): void => {
      while (!response.destroyed) {
        written += piece.length;
        if (!response.write(piece)) break;
      }
    };
    response.on('drain', more);
    more();
    return undefined;
  });
  const small = await once(t, { url: `${server.url}/small` });
  t.equal(small.cut, false);
  t.equal(small.body.length, 10 * 1024 * 1024);
  const endless = await once(t, { url: `${server.url}/endless` });
  t.equal(endless.cut, true);
  t.equal(endless.status, 200);
  t.ok(endless.body.length < 11 * 1024 * 1024);
  t.ok(written < 40 * 1024 * 1024, 'the rest is not fetched');
});

t.test('a redirect is an answer, unless it is to be followed', async (t) => {
  const server = await serverFor(t, ({ path }) =>
    path === '/old' ? redirect(301, '/new') : { body: 'here' },
  );
  t.equal((await once(t, { url: `${server.url}/old` })).status, 301);
  const followed = await once(t, { url: `${server.url}/old`, follow_redirects: true });
  t.equal(followed.body.toString(), 'here');
  t.equal(followed.url.href, `${server.url}/new`);
  const nowhere = await serverFor(t, () => ({ status: 302 }));
  t.equal((await once(t, { url: nowhere.url, follow_redirects: true })).status, 302);
});

t.test('a redirect changes the method where every client does', async (t) => {
  const ways: [number, HttpResource['ensure'], string][] = [
    [301, 'post', 'GET'],
    [302, 'post', 'GET'],
    [303, 'post', 'GET'],
    [303, 'delete', 'GET'],
    [303, 'head', 'HEAD'],
    [301, 'put', 'PUT'],
    [302, 'delete', 'DELETE'],
    [307, 'post', 'POST'],
    [308, 'patch', 'PATCH'],
  ];
  for (const [status, ensure, method] of ways) {
    const server = await serverFor(t, ({ path }) => (path === '/' ? redirect(status, '/to') : {}));
    const data = ensure === 'head' ? {} : { data: { text: 'the body' } };
    await once(t, { url: server.url, ensure, follow_redirects: true, ...data });
    const asked = server.asked[1];
    const keeps = method !== 'GET' && ensure !== 'head';
    t.match(asked, { method, path: '/to', body: keeps ? 'the body' : '' }, `${status} ${ensure}`);
    t.equal(asked?.headers['content-type'], keeps ? 'text/plain; charset=utf-8' : undefined);
  }
});

t.test('credentials and own headers go to the own origin alone', async (t) => {
  const other = await serverFor(t, () => ({}));
  const own = await serverFor(t, ({ path }) => {
    if (path === '/near') return redirect(307, '/next');
    return path === '/far' ? redirect(307, `${other.url}/next`) : {};
  });
  const given: Partial<HttpResource> = {
    ensure: 'post',
    data: { text: 'x' },
    header: { 'X-Api-Key': 'abcdef', Cookie: 'c=1', 'Content-Type': 'text/x' },
    user: 'me',
    password: 'word',
    follow_redirects: true,
  };
  const authorization = `Basic ${Buffer.from('me:word').toString('base64')}`;
  await once(t, { ...given, url: `${own.url}/near` }, { 'x-hub-signature': 'abc' });
  t.match(own.asked[1]?.headers, {
    authorization,
    'x-api-key': 'abcdef',
    cookie: 'c=1',
    'x-hub-signature': 'abc',
  });
  await once(t, { ...given, url: `${own.url}/far` }, { 'x-hub-signature': 'abc' });
  const headers = other.asked[0]?.headers;
  t.equal(headers?.['content-type'], 'text/x');
  for (const name of ['authorization', 'x-api-key', 'cookie', 'x-hub-signature']) {
    t.equal(headers?.[name], undefined, name);
  }
  await once(t, { url: `${own.url.replace('//', '//me:word@')}/far`, follow_redirects: true });
  t.match(own.asked.at(-1)?.headers, { authorization });
  t.equal(other.asked.at(-1)?.headers.authorization, undefined, 'nor those of the URL');
});

t.test('a redirect loop ends, and says where', async (t) => {
  const server = await serverFor(t, ({ path }) => redirect(302, `${path}x`));
  await t.rejects(once(t, { url: `${server.url}/a`, follow_redirects: true }), {
    code: 'redirects',
    message: `10 redirects were followed, the last one to ${server.url}/axxxxxxxxxx; correct the URL`,
  });
  t.equal(server.asked.length, 11);
});

t.test('what is no way on is not followed', async (t) => {
  for (const [location, shown] of [
    ['ftp://me:secret@a/', 'ftp://a/'],
    ['http://[', 'nowhere'],
    ['file:///etc/passwd', 'file:///etc/passwd'],
  ] as const) {
    const server = await serverFor(t, () => redirect(302, location));
    await t.rejects(once(t, { url: server.url, follow_redirects: true }), {
      message: `${server.url}/ redirects to ${shown}, which is not followed: it must be http or https, and no step down from https`,
    });
  }
});

t.test('what the signal says ends it, wherever it is', async (t) => {
  for (const where of ['headers', 'body']) {
    const server = await serverFor(t, (_, response) => {
      if (where === 'body') response.writeHead(200, { 'content-length': 10 }).write('x');
      return undefined;
    });
    const { call, sending } = prepare(t, { url: server.url });
    const signal = AbortSignal.timeout(100);
    await t.rejects(exchange(call, {}, { ...sending, signal, fresh: false }), {
      name: 'TimeoutError',
    });
  }
});
