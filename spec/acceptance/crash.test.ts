import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { callAfter } from '../support/faults/body.js';
import { resource } from './support/manifest.js';
import type { Running } from './support/puppet.js';
import { leftovers, outcome, startSite } from './support/site.js';

const MIB = 2 ** 20;
const FILES = 60;
const site = await startSite(t);
const { bucket, proxy, node, path, s3 } = site;

const old = Buffer.from('old and whole\n');
const large = randomBytes(8 * MIB);
const small = (n: number) => Buffer.from(`file ${n}, new and whole\n`);

await bucket.put('large', large);
await bucket.putAll(
  Array.from({ length: FILES }, (_, n) => [`tree/${n % 3}/${n}`, small(n)] as const),
);
await bucket.put('small', 'small\n');

/** Something of the old release is in each place. */
function putOld(): void {
  rmSync(site.dir, { recursive: true, force: true });
  for (const directory of ['tree/0', 'tree/1', 'tree/2']) {
    mkdirSync(path(directory), { recursive: true });
  }
  writeFileSync(path('large'), old);
  for (let n = 0; n < FILES; n++) writeFileSync(path(`tree/${n % 3}/${n}`), old);
}

/** How many files of the tree are the new ones; none is anything but old or new. */
function renewed(t: Test): number {
  let count = 0;
  for (let n = 0; n < FILES; n++) {
    const bytes = readFileSync(path(`tree/${n % 3}/${n}`));
    if (bytes.equals(small(n))) count++;
    else if (!bytes.equals(old)) t.fail(`tree/${n % 3}/${n} holds ${bytes}`);
  }
  return count;
}

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL');
}

async function gone(pid: number, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (existsSync(`/proc/${pid}`)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** A promise that a fault keeps or waits for. */
function signal(): { given: Promise<void>; give(): void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

t.test('a helper that is killed fails one resource at most', async (t) => {
  putOld();
  const run = signal();
  let running: Running | undefined;
  const killHelper = async () => {
    await run.given;
    const pid = (await running?.descendant('s3.cjs')) ?? 0;
    kill(pid);
    await gone(pid, 10_000);
  };
  proxy.fault({ operation: 'GET_OBJECT', key: 'large', times: 1 }, callAfter(4 * MIB, killHelper));
  proxy.fault(
    { operation: 'GET_OBJECT', key: /^tree\//, skip: FILES / 2, times: 1 },
    callAfter(4, killHelper),
  );
  const [waiting, go] = [join(node.dir, 'waiting'), join(node.dir, 'go')];
  const gate = `touch ${waiting}; while ! test -e ${go}; do sleep 0.1; done`;
  const manifest = [
    s3('first', 'small'),
    s3('large', 'large'),
    s3('second', 'small'),
    s3('tree', 'tree/'),
    s3('third', 'small'),
    resource('exec', 'gate', { command: gate, path: '/bin:/usr/bin', provider: 'shell' }),
    s3('fourth', 'small'),
    s3('fifth', 'small'),
  ].join('');
  const applied = await node.apply(manifest, {
    during: async (it) => {
      running = it;
      run.give();
      while (!existsSync(waiting)) await sleep(50);
      await killHelper();
      writeFileSync(go, '');
    },
  });
  t.equal(applied.code, 6, applied.stderr);
  const status = (name: string) => outcome(applied, path(name)).status;

  t.test('in mid-download: that object, whose old file stays whole', async (t) => {
    t.equal(status('large'), 'failed');
    t.match(outcome(applied, path('large')).errors, [/the s3 helper died: pid \d+ SIGKILL/]);
    t.ok(readFileSync(path('large')).equals(old));
  });
  t.test('in the midst of a prefix: that prefix, whose files are each old or new', async (t) => {
    t.equal(status('tree'), 'failed');
    renewed(t);
  });
  t.test('between two resources: the next one, if any', async (t) => {
    t.equal(status('fifth'), 'changed');
  });
  t.test('all others go on', async (t) => {
    for (const name of ['first', 'second', 'third', 'fifth']) {
      t.equal(status(name), 'changed', name);
      t.equal(readFileSync(path(name), 'utf8'), 'small\n');
    }
  });
  t.test('the helper that follows removes what the killed one had begun', async (t) => {
    t.same(leftovers(site.dir), []);
  });
  t.test('the next run finishes', async (t) => {
    const next = await node.apply(manifest);
    t.equal(next.code, 2, next.stderr);
    t.ok(readFileSync(path('large')).equals(large));
    t.equal(renewed(t), FILES);
    t.equal(readFileSync(path('fourth'), 'utf8'), 'small\n');
  });
});

t.test('kill -9 of puppet leaves old files whole, and the next run finishes', async (t) => {
  putOld();
  site.forget();
  const manifest = s3('large', 'large') + s3('tree', 'tree/');

  /** Applies until the matching request is answered in part, and kills then. */
  const interrupted = async (
    match: Parameters<typeof proxy.fault>[0],
    bytes: number,
    victims: (running: Running) => number[] | Promise<number[]>,
  ) => {
    proxy.clearFaults();
    const [midway, over] = [signal(), signal()];
    proxy.fault(
      { operation: 'GET_OBJECT', times: 1, ...match },
      callAfter(bytes, () => {
        midway.give();
        return over.given;
      }),
    );
    let helper = 0;
    const applied = await node.apply(manifest, {
      during: async (running) => {
        helper = await running.descendant('s3.cjs');
        await midway.given;
        // Time for what was sent to be written.
        await sleep(100);
        for (const pid of await victims(running)) kill(pid);
      },
    });
    t.equal(applied.code, null);
    t.ok(await gone(helper, 10_000), 'the helper does not outlive puppet');
    over.give();
  };

  await t.test('killed alone in mid-download: its helper ends, and clears up', async (t) => {
    await interrupted({ key: 'large' }, 4 * MIB, ({ pid }) => [pid]);
    t.ok(readFileSync(path('large')).equals(old));
    t.equal(renewed(t), 0);
    t.same(leftovers(site.dir), []);
    t.same(runs(), []);
  });

  const both = async (running: Running) => [await running.descendant('s3.cjs'), running.pid];
  await t.test('killed together with its helper in mid-download', async (t) => {
    await interrupted({ key: 'large' }, 4 * MIB, both);
    t.ok(readFileSync(path('large')).equals(old));
    t.equal(renewed(t), 0);
    t.equal(leftovers(site.dir).length, 1, 'a file that was begun, beside the old one');
  });

  await t.test('killed together in the midst of a prefix', async (t) => {
    await interrupted({ key: /^tree\//, skip: FILES / 2 }, 4, both);
    t.ok(readFileSync(path('large')).equals(large), 'what came before is done');
    renewed(t);
  });

  await t.test('the next run finishes, and nothing of the killed ones remains', async (t) => {
    proxy.clearFaults();
    const next = await node.apply(manifest);
    t.equal(next.code, 2, next.stderr);
    t.ok(readFileSync(path('large')).equals(large));
    t.equal(renewed(t), FILES);
    t.same(leftovers(site.dir), []);
    t.same(runs(), []);
    t.equal((await node.apply(manifest)).code, 0);
  });
});

/** The notes of runs under way, by which a later one clears up. */
function runs(): string[] {
  return readdirSync(join(site.ledger, 's3')).filter((name) => name.startsWith('run-'));
}
