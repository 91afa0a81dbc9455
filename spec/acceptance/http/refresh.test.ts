import t from 'tap';
import { startHttpSite } from '../support/http-site.js';
import { type Attributes, hash, resource } from '../support/manifest.js';
import { outcome, said } from '../support/site.js';

const site = await startHttpSite(t);
const { node, server, http, on } = site;
const origin = `http://127.0.0.1:${server.port}`;

/** Changes in each run, so that what it notifies is refreshed. */
const trigger = (...names: string[]): string =>
  resource('exec', 'a change', {
    command: '/bin/true',
    notify: { code: `[${names.map((name) => `Http['${name}']`).join(', ')}]` },
  });

const count = (name: string): number => site.asked(`/${name}`).length;

t.test('sent once where it is both new and notified, and again when notified later', async (t) => {
  const manifest = http('notified', { ensure: 'post', data: hash({ n: 1 }) });
  const first = await node.apply(trigger('notified') + manifest);
  t.equal(first.code, 2, first.stderr);
  t.equal(count('notified'), 1);
  t.equal(
    outcome(first, 'Http[notified]').messages[0],
    `sent: POST ${origin}/notified → 200 (first time)`,
  );
  const second = await node.apply(trigger('notified') + manifest);
  t.equal(count('notified'), 2);
  t.ok(said(second, 'notice').includes(`sent: POST ${origin}/notified → 200 (refreshed)`));
  const third = await node.apply(manifest);
  t.equal(third.code, 0, third.stdout);
  t.equal(count('notified'), 2);
});

for (const [name, attributes] of Object.entries<Attributes>({
  'send-refreshed': { send: 'refreshed' },
  refreshonly: { refreshonly: true },
})) {
  t.test(`${name}: only when notified`, async (t) => {
    const manifest = http(name, { ensure: 'post', ...attributes });
    const alone = await node.apply(manifest);
    t.equal(alone.code, 0, alone.stdout);
    t.equal(count(name), 0);
    const noop = await node.apply(trigger(name) + manifest, { noop: true });
    t.equal(noop.code, 0);
    t.equal(count(name), 0);
    for (const times of [1, 2]) {
      const notified = await node.apply(trigger(name) + manifest);
      t.equal(notified.code, 2, notified.stderr);
      t.equal(count(name), times);
    }
    const after = await node.apply(manifest);
    t.equal(after.code, 0);
    t.equal(count(name), 2);
  });
}

t.test('a refresh that failed is made up for in the next run, once', async (t) => {
  let status = 500;
  on('/owed', () => ({ status }));
  const manifest = http('owed', { ensure: 'post', refreshonly: true });
  const failed = await node.apply(trigger('owed') + manifest);
  t.equal(failed.code, 6, failed.stderr);
  t.equal(outcome(failed, 'Http[owed]').status, 'failed');
  t.match(outcome(failed, 'Http[owed]').errors.join('\n'), `POST ${origin}/owed: HTTP 500`);

  const noop = await node.apply(manifest, { noop: true });
  t.match(outcome(noop, 'Http[owed]').messages, [/refreshed in a run before, without success/]);
  t.equal((await node.apply(manifest)).code, 4, 'and until it succeeds');
  status = 200;
  const made = await node.apply(manifest);
  t.equal(made.code, 2, made.stderr);
  t.same(outcome(made, 'Http[owed]').messages, [
    `sent: POST ${origin}/owed → 200 (refreshed in a run before, without success)`,
  ]);
  const after = await node.apply(manifest);
  t.equal(after.code, 0);
  t.equal(count('owed'), 3);
});

t.test('a refresh that is owed and a new one are one request', async (t) => {
  let status = 500;
  on('/owed-twice', () => ({ status }));
  const manifest = trigger('owed-twice') + http('owed-twice', { refreshonly: true, retries: 0 });
  await node.apply(manifest);
  status = 200;
  site.reset();
  await node.apply(manifest);
  t.equal(count('owed-twice'), 1);
});

t.test('guards hold for a refresh, too', async (t) => {
  on('/state', () => ({ body: { state: 'up' } }));
  const manifest =
    trigger('guarded', 'onlyif') +
    http('guarded', {
      ensure: 'put',
      refreshonly: true,
      unless: hash({ route: 'state', json: hash({ state: 'up' }) }),
    }) +
    http('onlyif', {
      ensure: 'put',
      refreshonly: true,
      onlyif: hash({ route: 'state', json: hash({ state: 'down' }) }),
    });
  const applied = await node.apply(manifest);
  t.equal(applied.code, 2, applied.stderr);
  t.same([count('guarded'), count('onlyif')], [0, 0]);
  t.match(applied.stdout, 'not sent although refreshed: unless holds');
  t.match(applied.stdout, 'not sent although refreshed: onlyif: the probe said state=up');
  t.equal((await node.apply(manifest.slice(trigger('guarded', 'onlyif').length))).code, 0);
});

t.test('what was sent notifies others, what was not does not', async (t) => {
  const manifest =
    http('first', { notify: { code: "Http['second']" } }) +
    http('second', { ensure: 'post', refreshonly: true });
  await node.apply(manifest);
  t.equal(count('second'), 1);
  await node.apply(manifest);
  t.equal(count('second'), 1);
});
