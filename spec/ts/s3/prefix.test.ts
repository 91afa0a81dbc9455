import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import type { Environment } from '../../../ts/s3/environment.js';
import { Incoming } from '../../../ts/s3/incoming.js';
import { PrefixSync } from '../../../ts/s3/prefix.js';
import type { Remotes } from '../../../ts/s3/remotes.js';
import type { S3Resource } from '../../../ts/s3/resource.js';
import { chunks, type Fault } from '../../support/fault.js';
import { generatedBucket } from '../../support/generated-bucket.js';
import { startProxy } from '../../support/proxy.js';
import { puppetRun, type RunOptions } from '../../support/puppet-run.js';

const FILES = ['many/0000/0000000', 'many/0000/0000001'];

/** A prefix of two objects, below a directory of which a test says what is there already. */
async function setUp(t: Test, site: Record<string, string>) {
  const proxy = await startProxy();
  t.teardown(() => proxy.stop());
  proxy.fault({}, generatedBucket(FILES.length));
  const dir = t.testdir({ state: {}, site: {}, outside: { file: 'outside\n' } });
  const path = (name: string) => join(dir, 'site', name);
  for (const [name, text] of Object.entries(site)) {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), text);
  }
  const resource: S3Resource = {
    path: join(dir, 'site'),
    ensure: 'present',
    source: '/bucket/',
    endpoint: proxy.endpoint,
    anonymous: true,
    purge: true,
  };
  /** One run, and what became of the only resource. */
  const run = async (more: Partial<S3Resource> = {}, options: RunOptions = {}) => {
    const it = { ...resource, ...more };
    const ran = await puppetRun(join(dir, 'state'), [it], options);
    return {
      state: ran.states[it.path],
      change: ran.changes[it.path],
      failure: ran.failures[it.path],
      logged: ran.logged,
    };
  };
  return { proxy, dir, path, resource, run };
}

const absent = { ensure: 'absent' } as const;

t.test('noop of a removal names what would go, and the run removes it', async (t) => {
  const { resource, run } = await setUp(t, { a: '', 'sub/b': '' });
  const noop = await run(absent, { noop: true });
  t.match(noop, { state: { ensure: 'present' }, failure: undefined, change: undefined });
  t.same(noop.logged, ['info: would remove a', 'info: would remove sub/b']);
  t.ok(existsSync(join(resource.path, 'sub/b')));
  t.equal((await run(absent)).change, 'removed with 2 files');
  t.notOk(existsSync(resource.path));
});

t.test('noop refuses the removal that the run refuses, and names no file', async (t) => {
  const { path, run } = await setUp(t, { a: '', b: '' });
  for (const [more, why] of [
    [{ purge: false }, /removed with all that is in it only with purge => true/],
    [{ exclude: ['a'] }, /and without include and exclude/],
    [{ max_purge: 1 }, /2 files would be purged, max_purge is 1; nothing was changed/],
  ] as const) {
    const noop = await run({ ...absent, ...more } as Partial<S3Resource>, { noop: true });
    t.match(noop, { failure: why, logged: [] });
    t.equal((await run({ ...absent, ...more } as Partial<S3Resource>)).failure, noop.failure);
  }
  t.ok(existsSync(path('a')) && existsSync(path('b')));
});

t.test('of a link to a directory the link goes, and what it leads to stays', async (t) => {
  const { dir, resource, run } = await setUp(t, {});
  rmSync(resource.path, { recursive: true });
  symlinkSync('outside', resource.path);
  t.same((await run({ ...absent, max_purge: 0 }, { noop: true })).logged, []);
  t.equal((await run({ ...absent, max_purge: 0 })).change, 'removed with 0 files');
  t.same(readdirSync(dir).sort(), ['outside', 'state']);
  t.equal(readFileSync(join(dir, 'outside/file'), 'utf8'), 'outside\n');
});

t.test('what failed while purging is not told as if nothing had been purged', async (t) => {
  const { proxy, path, run } = await setUp(t, { 'stray-1': '', 'stray-2': '' });
  // By its turn, one of them is something that no unlink removes.
  const swap: Fault = async (_request, server) => {
    unlinkSync(path('stray-2'));
    mkdirSync(path('stray-2'));
    return server();
  };
  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, swap);
  const { failure } = await run();
  t.match(failure, /: 1 of 2 files failed: stray-2: .*is a directory/);
  t.notMatch(failure, /nothing was purged/);
  t.notOk(existsSync(path('stray-1')));
});

t.test('where a file fails to come, nothing is purged, and that is told', async (t) => {
  const { proxy, path, run } = await setUp(t, { stray: '' });
  const damaged: Fault = async (_request, server) => ({
    ...(await server()),
    body: chunks(Buffer.from('object ?\n')),
  });
  proxy.fault({ operation: 'GET_OBJECT', key: FILES[1] as string }, damaged);
  t.match((await run()).failure, /1 of 2 files failed: .*damaged.*; nothing was purged$/);
  t.ok(existsSync(path('stray')));
});

t.test(
  'a file where a directory should be, and the other way round, says what to do',
  async (t) => {
    const { path, run } = await setUp(t, { [`${FILES[0]}/below`]: '' });
    const noop = await run({}, { noop: true });
    const why = `${FILES[0]} is a directory, where a file should be; remove it`;
    t.ok(noop.logged.includes(`warning: could not bring ${FILES[0]}: ${why}`));
    t.match((await run()).failure, `1 of 2 files failed: ${FILES[0]}: ${why}; nothing was purged`);
    t.ok(existsSync(path(FILES[1] as string)), 'the others come');
    t.ok(existsSync(path(`${FILES[0]}/below`)), 'what is there stays');

    rmSync(path('many'), { recursive: true });
    writeFileSync(path('many'), 'a file\n');
    const blocked = `${FILES[0]}: many is a file, where a directory should be; remove it`;
    t.match((await run()).failure, `2 of 2 files failed: ${blocked}`);
    t.equal(readFileSync(path('many'), 'utf8'), 'a file\n');
    rmSync(path('many'));
    t.match((await run()).change, /^content changed '2 missing' to '2 files of/);
  },
);

t.test('any number of files may fail', async (t) => {
  const COUNT = 200_000;
  const dir = t.testdir({ site: {}, state: {} });
  const path = join(dir, 'site');
  const stateDir = join(dir, 'state');
  const log = () => undefined;
  const clients = { for: () => undefined };
  const env = { clients, incoming: new Incoming(stateDir), stateDir, log };
  const remotes = {
    async *list() {
      for (let n = 0; n < COUNT; n++)
        yield { key: `p/dir/${String(n).padStart(6, '0')}`, etag: 'e', size: 1 };
    },
  };
  const sync = new PrefixSync(env as unknown as Environment, remotes as unknown as Remotes);
  const resource: S3Resource = { path, ensure: 'present', source: '/b/p/' };
  await sync.check(resource, false);
  writeFileSync(join(path, 'dir'), 'it came meanwhile');
  await t.rejects(sync.apply(resource), {
    message: new RegExp(`^${path}: ${COUNT} of ${COUNT} files failed: dir/.*; and 199997 more$`),
  });
});
