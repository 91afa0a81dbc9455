import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startHttpServer } from '../../support/http-server.js';
import { startHttpSite } from '../support/http-site.js';
import { hash, resource } from '../support/manifest.js';
import { outcome } from '../support/site.js';

const site = await startHttpSite(t);
const { node, server, http, on } = site;
const origin = `http://127.0.0.1:${server.port}`;

/** A thing at a path, with an ETag as real ones have. */
function keep(path: string, initial: Record<string, unknown> | undefined) {
  const kept = { value: initial, version: 1, interfere: 0 };
  on(path, ({ method, headers, body }) => {
    const etag = `"v${kept.version}"`;
    if (method === 'GET') {
      return kept.value ? { body: kept.value, headers: { etag } } : { status: 404 };
    }
    if (kept.interfere > 0) {
      kept.interfere--;
      kept.version++;
      kept.value = { state: 'down', by: 'another' };
      return { status: 412 };
    }
    const match = headers['if-match'];
    if (match && match !== etag) return { status: 412 };
    if (headers['if-none-match'] === '*' && kept.value) return { status: 412 };
    kept.value = { ...(JSON.parse(body) as Record<string, unknown>), id: 'added by the server' };
    kept.version++;
    return { status: 204 };
  });
  return kept;
}

const up = hash({ state: 'up', weight: 10 });

t.test('unless: sent whenever its goal is not reached, whatever was sent before', async (t) => {
  const kept = keep('/backend', { state: 'down' });
  const manifest = http('backend', {
    ensure: 'put',
    data: up,
    unless: hash({ json: up }),
    verify: true,
  });
  const first = await node.apply(manifest);
  t.equal(first.code, 2, first.stderr);
  t.same(outcome(first, 'Http[backend]').messages, [
    `sent: PUT ${origin}/backend → 204 (probe said state=down)`,
  ]);
  t.same(site.lines(), ['GET /backend', 'PUT /backend', 'GET /backend'], 'read, act, verify');

  site.reset();
  const second = await node.apply(manifest);
  t.equal(second.code, 0, second.stdout);
  t.same(site.lines(), ['GET /backend'], 'a field that the server adds changes nothing');

  kept.value = { state: 'up', weight: 9 };
  const third = await node.apply(manifest);
  t.match(outcome(third, 'Http[backend]').messages, [/\(probe said weight=9\)$/]);
  kept.value = undefined;
  const fourth = await node.apply(manifest);
  t.match(outcome(fourth, 'Http[backend]').messages, [/\(probe said HTTP 404\)$/]);
});

t.test('verify: what was sent and did not help is a failure', async (t) => {
  on('/stubborn', ({ method }) => (method === 'GET' ? { body: { state: 'down' } } : {}));
  const manifest = http('stubborn', {
    ensure: 'put',
    data: up,
    unless: hash({ json: up }),
    verify: true,
  });
  for (const _ of [1, 2]) {
    const applied = await node.apply(manifest);
    t.equal(applied.code, 4);
    t.match(outcome(applied, 'Http[stubborn]').errors, [
      /PUT \S+ was sent, but the unless probe still says state=down$/,
    ]);
  }
});

t.test('if_match: nobody’s change is overwritten', async (t) => {
  const manifest = (name: string) =>
    http(name, {
      ensure: 'put',
      data: up,
      unless: hash({ json: up }),
      if_match: true,
      verify: true,
    });
  const preconditions = (name: string) =>
    site
      .asked(`/${name}`)
      .filter(({ method }) => method === 'PUT')
      .map(({ headers }) => headers['if-match'] ?? headers['if-none-match']);
  keep('/calm', { state: 'down' });
  keep('/raced', { state: 'down' }).interfere = 1;
  keep('/raced-always', { state: 'down' }).interfere = 100;
  keep('/new', undefined);
  on('/no-etag', () => ({ body: { state: 'down' } }));
  const names = ['calm', 'raced', 'raced-always', 'new', 'no-etag'];
  const applied = await node.apply(names.map(manifest).join(''));
  t.equal(applied.code, 6);
  t.same(preconditions('calm'), ['"v1"']);
  t.same(preconditions('raced'), ['"v1"', '"v2"'], 'read once more after a 412');
  t.same(preconditions('raced-always'), ['"v1"', '"v2"'], 'but only once');
  t.same(preconditions('new'), ['*']);
  t.same(preconditions('no-etag'), []);
  const errors = (name: string) => outcome(applied, `Http[${name}]`).errors;
  t.match(errors('raced-always'), [
    /HTTP 412, .*; what is there was changed meanwhile; the next run reads it anew$/,
  ]);
  t.match(errors('no-etag'), [/has no ETag for if_match; leave if_match out$/]);
  for (const name of ['calm', 'raced', 'new']) {
    t.equal(outcome(applied, `Http[${name}]`).status, 'changed', name);
  }
});

t.test('if_match: what another has done meanwhile is not done again', async (t) => {
  let state = 'down';
  on('/done', ({ method }) => {
    if (method === 'GET') return { body: { state }, headers: { etag: `"${state}"` } };
    state = 'up';
    return { status: 412 };
  });
  const applied = await node.apply(
    http('done', {
      ensure: 'put',
      data: hash({ state: 'up' }),
      unless: hash({ json: hash({ state: 'up' }) }),
      if_match: true,
    }),
  );
  t.equal(applied.code, 2, applied.stderr);
  t.match(outcome(applied, 'Http[done]').messages, [
    /PUT \S+ was not needed any more: unless holds meanwhile/,
  ]);
  t.equal(site.asked('/done').filter(({ method }) => method === 'PUT').length, 1);
});

t.test('onlyif: nothing is sent where it does not hold', async (t) => {
  let ready = false;
  on('/ready', () =>
    ready ? { body: 'all is well', headers: { 'x-mode': 'live' } } : { status: 503 },
  );
  on('/there', () => (ready ? {} : { status: 404 }));
  const manifest =
    http('when-ready', {
      ensure: 'post',
      onlyif: hash({
        route: 'ready',
        status: 200,
        body: 'is well',
        header: hash({ 'X-Mode': 'live' }),
      }),
      retries: 0,
    }) + http('when-there', { ensure: 'delete', onlyif: hash({ route: 'there', method: 'head' }) });
  const before = await node.apply(manifest);
  t.equal(outcome(before, 'Http[when-there]').status, 'unchanged');
  // A server that cannot answer has not said no.
  t.equal(outcome(before, 'Http[when-ready]').status, 'failed');
  t.match(outcome(before, 'Http[when-ready]').errors, [/GET \S+\/ready: HTTP 503/]);
  t.same([site.asked('/when-ready'), site.asked('/when-there')], [[], []]);
  ready = true;
  const after = await node.apply(manifest);
  t.equal(after.code, 2, after.stderr);
  t.same([site.asked('/when-ready').length, site.asked('/when-there').length], [1, 1]);
  t.equal(site.asked('/there')[0]?.method, 'HEAD');
  t.equal((await node.apply(manifest)).code, 0, 'it holds, and was sent already');
});

t.test('creates: while the file is missing', async (t) => {
  const file = join(node.dir, 'created');
  const manifest = http('creating', { ensure: 'post', creates: file });
  const first = await node.apply(manifest);
  t.match(outcome(first, 'Http[creating]').messages, [new RegExp(`\\(no ${file}\\)$`)]);
  t.equal((await node.apply(manifest)).code, 2, 'still missing');
  writeFileSync(file, '');
  const third = await node.apply(manifest);
  t.equal(third.code, 0, third.stdout);
  t.equal(site.asked('/creating').length, 2);
});

t.test('a file that the same run makes comes first', async (t) => {
  const file = join(node.dir, 'made');
  const applied = await node.apply(
    http('not-sent', { creates: file }) + resource('file', file, { content: '' }),
  );
  t.equal(outcome(applied, 'Http[not-sent]').status, 'unchanged');
  t.same(site.asked('/not-sent'), []);
});

t.test(
  'probes are asked in their turn: an earlier resource may have changed the answer',
  async (t) => {
    let state = 'down';
    on('/switch', ({ method }) => {
      if (method === 'PUT') state = 'up';
      return { body: { state } };
    });
    const applied = await node.apply(
      http('switch', { ensure: 'put', before: { code: "Http['follower']" } }) +
        http('follower', {
          ensure: 'post',
          onlyif: hash({ route: 'switch', json: hash({ state: 'up' }) }),
        }),
    );
    t.equal(outcome(applied, 'Http[follower]').status, 'changed', applied.stderr);
  },
);

t.test('a probe of another server sees neither credentials nor headers of our own', async (t) => {
  const other = await startHttpServer(() => ({ status: 404 }));
  t.teardown(() => other.stop());
  const applied = await node.apply(
    http('asks-another', {
      ensure: 'post',
      bearer_token: 'token-of-ours',
      header: hash({ 'X-Api-Key': 'key-of-ours', Accept: 'text/plain' }),
      unless: hash({ url: `${other.url}/state` }),
    }) +
      http('asks-itself', {
        ensure: 'post',
        bearer_token: 'token-of-ours',
        header: hash({ 'X-Api-Key': 'key-of-ours' }),
        onlyif: hash({ route: 'itself' }),
      }),
  );
  t.equal(applied.code, 2, applied.stderr);
  const [asked] = other.asked;
  t.notMatch(JSON.stringify(asked), 'of-ours');
  t.equal(asked?.headers.accept, 'text/plain');
  t.match(site.asked('/itself')[0]?.headers, {
    authorization: 'Bearer token-of-ours',
    'x-api-key': 'key-of-ours',
  });
});
