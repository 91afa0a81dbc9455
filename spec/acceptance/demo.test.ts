import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The demo with a directory for its temporary files, and a mark on all its processes. */
function startDemo(t: Test, env: Record<string, string> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'webhook-demo-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const mark = `DEMO_MARK=${randomUUID()}`;
  const child = spawn('node_modules/.bin/tsx', ['demo/main.ts'], {
    cwd: project,
    // A group of its own, as a terminal gives it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // Of tap, which would follow every node below it.
      NODE_OPTIONS: '',
      TMPDIR: dir,
      DEMO_MARK: mark.slice('DEMO_MARK='.length),
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close') as Promise<[number | null]>;
  t.teardown(() => child.exitCode !== null || child.kill());
  return {
    async end() {
      const [code] = await ended;
      return { code, output };
    },
    async shows(text: string) {
      while (!output.includes(text)) {
        if (child.exitCode !== null) throw new Error(`the demo has ended:\n${output}`);
        await sleep(20);
      }
    },
    processes: () => marked(mark),
    /** As a Ctrl-C: to every process of the group. */
    interrupt: () => process.kill(-(child.pid ?? 0), 'SIGINT'),
    /** Processes and files; those of tsx aside, which keeps a cache. */
    async leftovers() {
      let left: string[] = [];
      for (let wait = 0; wait < 50; wait++) {
        left = [...readdirSync(dir).filter((name) => !name.startsWith('tsx-')), ...marked(mark)];
        if (left.length === 0) break;
        await sleep(100);
      }
      return left;
    },
  };
}

function marked(mark: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).includes(mark))
    .map((name) => read(`/proc/${name}/cmdline`).replaceAll('\0', ' '));
}

/** A process may end between any two looks, or belong to somebody else. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

t.test('the demo proves all its steps and leaves nothing', async (t) => {
  const demo = startDemo(t);
  const { code, output } = await demo.end();
  t.equal(code, 0, output);
  t.equal(output.match(/^ {2}→ /gm)?.length, 13, output);
  t.notMatch(output, /^✗/m);
  t.same(await demo.leftovers(), []);
});

t.test('Ctrl-C stops the demo and all that it has started', async (t) => {
  const demo = startDemo(t);
  await demo.shows('✓ A build is published');
  while (!demo.processes().some((argv) => argv.includes('s3.cjs'))) await sleep(20);
  t.ok(demo.processes().some((argv) => argv.includes('radosgw')));
  t.ok(demo.processes().some((argv) => argv.includes('puppet apply')));
  demo.interrupt();
  const { code, output } = await demo.end();
  t.equal(code, 130, output);
  t.match(output, 'Interrupted');
  t.same(await demo.leftovers(), []);
});

t.test('Ctrl-C while the S3 server starts leaves nothing either', async (t) => {
  const demo = startDemo(t);
  while (!demo.processes().some((argv) => argv.includes('ceph-mon'))) await sleep(20);
  demo.interrupt();
  const { code, output } = await demo.end();
  t.equal(code, 130, output);
  t.same(await demo.leftovers(), []);
});

t.test('a step that fails says why, ends the demo, and leaves nothing', async (t) => {
  const demo = startDemo(t, { WEBHOOK_PUPPET: 'echo no-puppet-here' });
  const { code, output } = await demo.end();
  t.equal(code, 1, output);
  t.match(output, /^✗ puppet apply[\s\S]*no-puppet-here/m);
  t.same(await demo.leftovers(), []);
});
