import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { puppetNode } from './support/puppet.js';

function setUp(t: Test) {
  const node = puppetNode();
  t.teardown(() => node.remove());
  return { node, path: join(node.dir, 'target') };
}

t.test('a change is reported once, then none', async (t) => {
  const { node, path } = setUp(t);
  const manifest = `file { '${path}': content => "hello\n", show_diff => false }`;

  const planned = await node.apply(manifest, { noop: true });
  t.equal(planned.code, 0);
  t.equal(planned.resources[`File[${path}]`]?.status, 'noop');
  t.notOk(existsSync(path));

  const first = await node.apply(manifest);
  t.equal(first.code, 2, first.stderr);
  t.equal(first.stderr, '');
  t.equal(readFileSync(path, 'utf8'), 'hello\n');
  const status = first.resources[`File[${path}]`];
  t.match(status, { status: 'changed', events: [{ name: 'file_created', status: 'success' }] });
  t.ok(first.logs.some(({ level, message }) => level === 'info' && /^Applying/.test(message)));

  const second = await node.apply(manifest);
  t.equal(second.code, 0, second.stdout);
  t.same(second.resources[`File[${path}]`], { status: 'unchanged', events: [] });
});

t.test('a failure names itself and skips what depends on it', async (t) => {
  const { node } = setUp(t);
  const failed = await node.apply(`
    exec { 'bad': command => '/bin/false' } -> notify { 'after': }
    notify { 'beside': }
  `);
  t.equal(failed.code, 6);
  t.equal(failed.resources['Exec[bad]']?.status, 'failed');
  t.equal(failed.resources['Notify[after]']?.status, 'skipped');
  t.equal(failed.resources['Notify[beside]']?.status, 'changed');
  t.equal(failed.report?.status, 'failed');

  const wrong = await node.apply('nonsense {');
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, 'Syntax error');
});

t.test('processes can be watched, found and killed', async (t) => {
  const { node } = setUp(t);
  const killed = await node.apply(`exec { 'long': command => '/bin/sleep 77.5' }`, {
    watch: true,
    env: { SECRET: 'in-the-environment' },
    during: async (running) => {
      const pid = await running.descendant('sleep 77.5');
      await sleep(200);
      process.kill(pid, 'SIGKILL');
    },
  });
  t.equal(killed.resources['Exec[long]']?.status, 'failed');
  t.ok(killed.processes.some(({ argv }) => argv === '/bin/sleep 77.5'));
  t.ok(killed.processes.some(({ env }) => env.includes('in-the-environment')));

  const gone = await node.apply(`exec { 'long': command => '/bin/sleep 3.25' }`, {
    during: async (running) => {
      await running.descendant('sleep 3.25');
      process.kill(running.pid, 'SIGKILL');
    },
  });
  t.equal(gone.code, null);
  t.equal(gone.report, undefined);
});

t.test('files that hold a text are found', async (t) => {
  const { node } = setUp(t);
  await node.apply(`notify { 'spoken': message => 'a-spoken-secret' }`);
  t.match(node.filesWith('a-spoken-secret'), [/last_run_report\.yaml|reports/]);
  t.same(node.filesWith('never-spoken'), []);
});
