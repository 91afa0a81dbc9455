import t from 'tap';
import { freePort } from '../../support/free-port.js';
import { startHaproxy } from '../../support/haproxy.js';
import { startHttpServer } from '../../support/http-server.js';
import { startHttpSite } from '../support/http-site.js';
import { type Attributes, resource } from '../support/manifest.js';
import type { Applied } from '../support/puppet.js';
import { outcome } from '../support/site.js';

const site = await startHttpSite(t);
const { node, server } = site;
const haproxy = await startHaproxy({ port: server.port });
t.teardown(() => haproxy.stop());

const via = (path: string, attributes: Attributes = {}): string =>
  resource('http', path, { url: `${haproxy.url}${path}`, ...attributes });
const errors = (applied: Applied, name: string) => outcome(applied, `Http[${name}]`).errors;
const status = (applied: Applied, name: string) => outcome(applied, `Http[${name}]`).status;
/** By haproxy's count, how often a path was asked until the server behind was. */
const times = (path: string) => site.asked(path).map(({ headers }) => Number(headers['x-count']));

t.test('503 and 429 are tried again, when Retry-After says', async (t) => {
  for (const ensure of ['get', 'put', 'delete', 'head']) {
    const paths = ['/busy', '/limited', '/limited-until'].map((path) => `${path}/${ensure}`);
    const applied = await node.apply(paths.map((path) => via(path, { ensure })).join(''));
    t.equal(applied.code, 2, applied.stderr);
    for (const path of paths) t.same(times(path), [3], path);
    // Two pauses of a second each, thrice; without Retry-After they would be shorter, by chance.
    t.ok(applied.ms > 6_000, `${applied.ms}`);
  }
});

t.test('a cut connection is tried again', async (t) => {
  const applied = await node.apply(via('/cut/get') + via('/cut/put', { ensure: 'put' }));
  t.equal(applied.code, 2, applied.stderr);
  t.same([times('/cut/get'), times('/cut/put')], [[3], [3]]);
});

t.test('post and patch are not, since they may have arrived', async (t) => {
  const manifest = ['post', 'patch']
    .flatMap((ensure) =>
      ['/busy', '/limited', '/cut'].map((path) => via(`${path}/${ensure}-once`, { ensure })),
    )
    .join('');
  const applied = await node.apply(manifest);
  t.equal(applied.code, 4);
  t.same(
    site.lines().filter((line) => line.endsWith('-once')),
    [],
  );
  t.match(errors(applied, '/busy/post-once'), [
    /HTTP 503, come back; the server failed; look at its logs$/,
  ]);
  t.match(errors(applied, '/cut/post-once'), [/POST \S+: the connection was cut \(.*\)/]);
  for (const path of ['/busy', '/limited', '/cut']) {
    for (const ensure of ['post', 'patch']) {
      const name = `${path}/${ensure}-once`;
      t.notMatch(errors(applied, name).join(), 'attempts', name);
      await fetch(`${haproxy.url}${name}`).catch(() => undefined);
      await fetch(`${haproxy.url}${name}`).catch(() => undefined);
      t.same(times(name), [3], `${name}: one of Puppet, two of ours`);
    }
  }
});

t.test('post is tried again where the port refuses: nothing has left', async (t) => {
  const port = await freePort();
  let late: Awaited<ReturnType<typeof startHttpServer>> | undefined;
  const applied = await node.apply(
    resource('http', 'late', {
      ensure: 'post',
      fqdn: '127.0.0.1',
      port,
      retries: 10,
      retry_delay: 0.5,
    }),
    {
      debug: true,
      during: async (running) => {
        await running.descendant('http.cjs');
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        late = await startHttpServer(() => ({ status: 201 }), { port });
      },
    },
  );
  t.teardown(() => late?.stop());
  t.equal(applied.code, 2, applied.stderr);
  t.equal(late?.asked.length, 1);
  t.match(
    applied.stdout,
    /connection refused; .* \(\d+ attempts\)|connection refused; .*; trying again in 1 s/,
  );
});

t.test('an end is told, with how often it was tried', async (t) => {
  const applied = await node.apply(
    via('/always-busy', { retries: 2, retry_delay: 0.1 }) +
      via('/always-cut', { retries: 1, retry_delay: 0.1 }) +
      via('/always-busy/at-once', { retries: 0 }),
  );
  t.equal(applied.code, 4);
  t.match(errors(applied, '/always-busy'), [
    /GET \S+: HTTP 503, .* \(3 attempts\); the server failed; look at its logs$/,
  ]);
  t.match(errors(applied, '/always-cut'), [/GET \S+: the connection was cut .* \(2 attempts\)$/]);
  t.notMatch(errors(applied, '/always-busy/at-once').join(), 'attempts');
});

t.test('total_timeout is over all of it: what would come later is not waited for', async (t) => {
  const applied = await node.apply(
    via('/for-hours') + via('/always-busy/long', { retries: 100, total_timeout: 4 }),
  );
  t.equal(applied.code, 4);
  t.match(errors(applied, '/for-hours'), [
    /; the next attempt would be after total_timeout \(300 s\)$/,
  ]);
  t.match(errors(applied, '/always-busy/long'), [
    /\(\d attempts\).*; the next attempt would be after total_timeout \(4 s\)$/,
  ]);
  t.ok(applied.ms < 15_000, `${applied.ms}`);
});

t.test('a slow server has timeout to answer', async (t) => {
  const slowly = (name: string, attributes: Attributes) =>
    resource('http', name, { url: `${haproxy.slow}/${name}`, ...attributes });
  const applied = await node.apply(
    slowly('patient', {}) +
      slowly('impatient', { timeout: 1, retries: 1, retry_delay: 0.1 }) +
      slowly('post-impatient', { ensure: 'post', timeout: 1 }),
  );
  t.equal(status(applied, 'patient'), 'changed');
  t.match(errors(applied, 'impatient'), [
    /no answer within 1 s; look at the server, or raise timeout \(2 attempts\)$/,
  ]);
  t.match(errors(applied, 'post-impatient'), [
    /no answer within 1 s; look at the server, or raise timeout$/,
  ]);
  t.ok(applied.ms > haproxy.slowMs, `${applied.ms}`);
});

t.test('what was accepted for later is polled until it is done', async (t) => {
  let asked = 0;
  site.on('/jobs', () => ({ status: 202, headers: { location: '/jobs/1' } }));
  site.on('/jobs/1', () => ({ body: { status: ++asked < 3 ? 'running' : 'done' } }));
  site.on('/jobs-for-ever', () => ({ status: 202, headers: { 'operation-location': '/jobs/2' } }));
  site.on('/jobs/2', () => ({ body: { status: 'running' } }));
  site.on('/jobs-nowhere', () => ({ status: 202 }));
  const expect = { code: "{ 'status' => 'done' }" };
  const applied = await node.apply(
    site.http('jobs', { ensure: 'post', poll: 0.2, expect }) +
      site.http('jobs-for-ever', { ensure: 'post', poll: 0.2, expect, total_timeout: 2 }) +
      site.http('jobs-nowhere', { ensure: 'post', poll: 1 }),
  );
  t.match(outcome(applied, 'Http[jobs]').messages, [/POST \S+\/jobs → 202 \(first time\)$/]);
  t.equal(asked, 3);
  t.match(errors(applied, 'jobs-for-ever'), [
    /GET \S+\/jobs\/2: it was not done within total_timeout \(2 s\), it said status=running$/,
  ]);
  t.match(errors(applied, 'jobs-nowhere'), [
    /HTTP 202 without a Location to poll; leave poll out$/,
  ]);
});
