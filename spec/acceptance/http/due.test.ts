import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startHttpSite } from '../support/http-site.js';
import { hash } from '../support/manifest.js';
import { outcome } from '../support/site.js';

const site = await startHttpSite(t);
const { node, server, http, on } = site;
const origin = `http://127.0.0.1:${server.port}`;

t.test('each part of a request makes it another one, and the report says which', async (t) => {
  const manifest = (n: 1 | 2) =>
    [
      http('data', { ensure: 'post', data: hash({ kept: 'x', mine: n, yours: `${n}` }) }),
      http('gone', { ensure: 'post', data: hash(n === 1 ? { a: 1, b: 2 } : { a: 1 }) }),
      http('list', { ensure: 'put', data: { code: `[1, ${n}]` } }),
      http('text', { ensure: 'put', data: `text ${n}` }),
      http('header', { header: hash({ 'X-Kept': 'x', 'X-Build': `${n}` }) }),
      http('content type', {
        ensure: 'put',
        data: '<a/>',
        header: n === 1 ? 'text/xml' : 'application/xml',
      }),
      http('query', { query: hash({ n }) }),
      http('moved', { route: `moved/${n}` }),
      http('method', { ensure: n === 1 ? 'put' : 'delete' }),
      http('token', { bearer_token: `token-${n}`, retries: n }),
    ].join('');
  const names = [
    'data',
    'gone',
    'list',
    'text',
    'header',
    'content type',
    'query',
    'moved',
    'method',
  ];
  const first = await node.apply(manifest(1));
  t.equal(first.code, 2, first.stderr);
  for (const name of [...names, 'token']) {
    t.match(outcome(first, `Http[${name}]`).messages, [/^sent: \S+ \S+ → 200 \(first time\)$/]);
  }
  t.equal(server.asked.length, 10);

  site.reset();
  const second = await node.apply(manifest(1));
  t.equal(second.code, 0, second.stdout);
  t.same(site.lines(), []);

  const third = await node.apply(manifest(2));
  t.equal(third.code, 2, third.stderr);
  const said = (name: string) => outcome(third, `Http[${name}]`).messages;
  t.same(
    names.map((name) => said(name).join().replace(origin, '')),
    [
      'sent: POST /data → 200 (data changed: mine, yours)',
      'sent: POST /gone → 200 (data changed: b)',
      'sent: PUT /list → 200 (data changed)',
      'sent: PUT /text → 200 (data changed)',
      'sent: GET /header → 200 (header changed: x-build)',
      'sent: PUT /content%20type → 200 (header changed: content-type)',
      'sent: GET /query?n=2 → 200 (URL changed)',
      'sent: GET /moved/2 → 200 (URL changed)',
      'sent: DELETE /method → 200 (method changed)',
    ],
  );
  t.equal(outcome(third, 'Http[token]').status, 'unchanged', 'who asks is no part of it');
  site.reset();
  t.equal((await node.apply(manifest(2))).code, 0);
  t.same(site.lines(), []);

  const back = await node.apply(http('data', { ensure: 'post', data: hash({ kept: 'x' }) }));
  t.match(outcome(back, 'Http[data]').messages, [/\(data changed: mine, yours\)$/]);
});

t.test('every method, and what it carries', async (t) => {
  const data = hash({ n: 1 });
  const manifest = [
    http('verbs/get', { ensure: 'get' }),
    http('verbs/head', { ensure: 'head' }),
    http('verbs/options', { ensure: 'options' }),
    http('verbs/post', { ensure: 'post', data }),
    http('verbs/put', { ensure: 'put', data }),
    http('verbs/patch', { ensure: 'patch', data, header: 'application/merge-patch+json' }),
    http('verbs/delete', { ensure: 'delete', data }),
    http('verbs/form', {
      ensure: 'post',
      data: hash({ job: 'a b&c', tag: ['3.9', 'stable'] }),
      header: 'application/x-www-form-urlencoded',
    }),
    http('verbs/multipart', {
      ensure: 'post',
      data: hash({ job: 'a b&c' }),
      header: 'multipart/form-data',
    }),
    http('verbs/empty', { ensure: 'post' }),
  ].join('');
  site.reset();
  const applied = await node.apply(manifest);
  t.equal(applied.code, 2, applied.stderr);
  const json = '{"n":1}';
  const it = (name: string) => {
    const [{ method, headers, body } = { method: '', headers: {}, body: '' }] = site.asked(
      `/verbs/${name}`,
    );
    return [method, headers['content-type'], body];
  };
  t.same(it('get'), ['GET', undefined, '']);
  t.same(it('head'), ['HEAD', undefined, '']);
  t.same(it('options'), ['OPTIONS', undefined, '']);
  t.same(it('post'), ['POST', 'application/json', json]);
  t.same(it('put'), ['PUT', 'application/json', json]);
  t.same(it('patch'), ['PATCH', 'application/merge-patch+json', json]);
  t.same(it('delete'), ['DELETE', 'application/json', json]);
  t.same(it('form'), [
    'POST',
    'application/x-www-form-urlencoded',
    'job=a+b%26c&tag=3.9&tag=stable',
  ]);
  t.match(it('multipart')[1], /^multipart\/form-data; boundary=/);
  t.match(it('multipart')[2], 'Content-Disposition: form-data; name="job"\r\n\r\na b&c\r\n');
  t.same(it('empty'), ['POST', undefined, '']);
  t.equal(site.asked('/verbs/empty')[0]?.headers['content-length'], '0');
  site.reset();
  t.equal((await node.apply(manifest)).code, 0);
  t.same(site.lines(), []);
});

t.test('send => always is in each run, and says so', async (t) => {
  const manifest = http('always', { send: 'always' });
  for (const _ of [1, 2]) {
    const applied = await node.apply(manifest);
    t.equal(applied.code, 2);
    t.same(outcome(applied, 'Http[always]').messages, [
      `sent: GET ${origin}/always → 200 (always)`,
    ]);
  }
  t.equal(site.asked('/always').length, 2);
});

t.test('nothing is remembered of a failure', async (t) => {
  let status = 500;
  on('/failing', () => ({ status, body: 'no' }));
  on('/not-what-is-expected', () => ({ body: { state: status === 500 ? 'bad' : 'ok' } }));
  const manifest =
    http('failing', { ensure: 'post', data: hash({ n: 1 }) }) +
    http('not-what-is-expected', { expect: hash({ state: 'ok' }) });
  for (const _ of [1, 2]) {
    const failed = await node.apply(manifest);
    t.equal(failed.code, 4, failed.stderr);
    t.same(outcome(failed, 'Http[failing]').errors, [
      `change from 'due' to POST ${origin}/failing (first time) failed: POST ${origin}/failing: HTTP 500, no; the server failed; look at its logs`,
    ]);
    t.match(outcome(failed, 'Http[not-what-is-expected]').errors, [
      /GET \S+ → 200, but it answered state=bad, which is not what expect says$/,
    ]);
  }
  status = 201;
  const passed = await node.apply(manifest);
  t.equal(passed.code, 2, passed.stderr);
  t.same(outcome(passed, 'Http[failing]').messages, [
    `sent: POST ${origin}/failing → 201 (first time)`,
  ]);
  t.equal((await node.apply(manifest)).code, 0);
});

t.test('what failed may have arrived: what was before it is sent again', async (t) => {
  let status = 200;
  on('/twice', () => ({ status }));
  const manifest = (n: number) => http('twice', { ensure: 'put', data: hash({ n }), retries: 0 });
  await node.apply(manifest(1));
  status = 500;
  t.equal((await node.apply(manifest(2))).code, 4);
  status = 200;
  t.match(outcome(await node.apply(manifest(1)), 'Http[twice]').messages, [
    / → 200 \(another request was tried since\)$/,
  ]);
  t.equal((await node.apply(manifest(1))).code, 0);
});

t.test('status says what success is', async (t) => {
  on('/gone-is-fine', () => ({ status: 404 }));
  on('/only-201', () => ({ status: 200 }));
  const applied = await node.apply(
    http('gone-is-fine', { ensure: 'delete', status: { code: '[200, 404]' } }) +
      http('only-201', { ensure: 'put', status: 201 }),
  );
  t.equal(applied.code, 6);
  t.match(outcome(applied, 'Http[gone-is-fine]').messages, [/ → 404 \(first time\)$/]);
  t.match(outcome(applied, 'Http[only-201]').errors, [
    /HTTP 200, an empty body; status does not list it$/,
  ]);
});

t.test(
  'noop asks probes, sends nothing, writes nothing, and says what it would send',
  async (t) => {
    on('/noop-state', () => ({ body: { state: 'down' } }));
    const manifest =
      http('noop-new', { ensure: 'post', data: hash({ n: 1 }), idempotency_key: true }) +
      http('noop-probed', {
        ensure: 'put',
        unless: hash({ route: 'noop-state', json: hash({ state: 'up' }) }),
      }) +
      http('always', { send: 'always' }) +
      http('verbs/get');
    site.reset();
    site.forget();
    const applied = await node.apply(manifest, { noop: true });
    t.equal(applied.code, 0, applied.stderr);
    t.same(site.lines(), ['GET /noop-state']);
    const said = (name: string) => outcome(applied, `Http[${name}]`).messages;
    const would = (what: string) =>
      new RegExp(
        `^current_value '?due'?, should be '?${what.replace(/[()/.=]/g, '\\$&')}'?( \\(noop\\))?$`,
      );
    t.match(said('noop-new'), [would(`POST ${origin}/noop-new (first time)`)]);
    t.match(said('noop-probed'), [would(`PUT ${origin}/noop-probed (probe said state=down)`)]);
    t.match(said('always'), [would(`GET ${origin}/always (always)`)]);
    t.equal(outcome(applied, 'Http[noop-new]').status, 'noop');
    t.same(existsSync(site.ledger) ? readdirSync(site.ledger, { recursive: true }) : [], []);
  },
);

t.test('a resource with noop beside others takes nothing from their memory', async (t) => {
  site.forget();
  const manifest = http('held-back', { noop: true }) + http('beside');
  const first = await node.apply(manifest);
  t.equal(first.code, 2, first.stderr);
  site.reset();
  const second = await node.apply(manifest);
  t.equal(second.code, 0, second.stdout);
  t.same(site.lines(), []);
});

t.test('the ledger holds digests, for its owner alone', async (t) => {
  await node.apply(http('kept', { ensure: 'post', data: hash({ word: 'in-the-clear' }) }));
  const files = readdirSync(join(site.ledger, 'http')).map((name) =>
    join(site.ledger, 'http', name),
  );
  t.ok(files.length > 0);
  for (const file of files) t.notMatch(readFileSync(file, 'utf8'), 'in-the-clear');
  site.forget();
  site.reset();
  const again = await node.apply(
    http('kept', { ensure: 'post', data: hash({ word: 'in-the-clear' }) }),
  );
  t.match(
    outcome(again, 'Http[kept]').messages,
    [/first time/],
    'without it all is sent once more',
  );
});
