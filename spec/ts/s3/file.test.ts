import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { S3Resource } from '../../../ts/s3/resource.js';
import { tarOf } from '../../support/archives.js';
import type { Fault } from '../../support/fault.js';
import { flipBit } from '../../support/faults/body.js';
import { startProxy } from '../../support/proxy.js';
import { puppetRun, type RunOptions } from '../../support/puppet-run.js';
import { type Rgw, useRgw } from '../../support/rgw.js';
import { type Bucket, s3Admin } from '../../support/s3-admin.js';

const archive = tarOf([{ name: 'run', content: 'release 1\n' }]);
const checksum = `sha256:${createHash('sha256').update(archive).digest('hex')}`;
let rgw: Rgw;
let bucket: Bucket;

t.before(async () => {
  rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  bucket = await admin.makeBucket();
});

/** An archive on S3, pinned; `run` is one Puppet run, which tells what it did and asked. */
async function setUp(t: Test, more: Partial<S3Resource> = {}) {
  const proxy = await startProxy({ target: rgw.endpoint });
  t.teardown(() => proxy.stop());
  await bucket.put('app.tar', archive);
  const dir = t.testdir({ out: {}, state: {} });
  const path = join(dir, 'app.tar');
  const out = join(dir, 'out');
  const run = async (options: { noop?: boolean; checksum?: string } = {}) => {
    const resource: S3Resource = {
      path,
      ensure: 'present',
      source: `/${bucket.name}/app.tar`,
      endpoint: proxy.endpoint,
      access_key_id: rgw.accessKeyId,
      secret_access_key: rgw.secretAccessKey,
      checksum: options.checksum ?? checksum,
      extract: out,
      ...more,
    };
    proxy.reset();
    const { noop = false } = options;
    const { states, changes } = await puppetRun(join(dir, 'state'), [resource], { noop });
    const state = states[path];
    return {
      state,
      changes: !state?.content?.in_sync,
      message: changes[path],
      asked: proxy.counts(),
    };
  };
  return { proxy, path, out, extracted: join(out, 'run'), run };
}

t.test('an archive that has its pinned checksum and was extracted needs no network', async (t) => {
  const { path, run } = await setUp(t);
  t.match(await run(), { message: /^created from .*, extracted to /, asked: { GET_OBJECT: 1 } });
  t.strictSame((await run()).asked, {});
  utimesSync(path, 1, 1);
  t.match(await run({ noop: true }), { changes: false });
  t.match(await run(), { changes: false });
  t.strictSame((await run()).asked, {}, 'nor once it was touched');

  await bucket.put('app.tar', 'other bytes, which are not pinned');
  t.match(await run(), { changes: false });
});

t.test('it is extracted from the file at hand, whatever S3 has by now', async (t) => {
  const { out, extracted, run } = await setUp(t, { creates: join(t.testdirName, 'out', 'run') });
  await run();
  await bucket.put('app.tar', 'other bytes, which are not pinned');
  rmSync(extracted);
  const { state } = await run({ noop: true });
  t.match(state, { content: { is: `the pinned ${checksum}, not extracted to ${out}` } });
  const { message, asked } = await run();
  t.equal(message, `extracted the pinned ${checksum} to ${out}`);
  t.strictSame(asked, {});
  t.equal(readFileSync(extracted, 'utf8'), 'release 1\n');
  t.match(await run(), { changes: false });
});

t.test('one that was there before is taken over by its pin, and by what it creates', async (t) => {
  for (const creates of [undefined, 'run']) {
    const { path, out, extracted, run } = await setUp(
      t,
      creates ? { creates: join(t.testdirName, 'out', creates) } : {},
    );
    writeFileSync(path, archive);
    if (creates) writeFileSync(extracted, 'extracted before');
    const noop = await run({ noop: true });
    const first = await run();
    t.equal(first.changes, noop.changes, 'as noop told');
    t.equal(first.message, creates ? undefined : `extracted the pinned ${checksum} to ${out}`);
    const second = await run();
    t.notOk(second.changes);
    t.strictSame([noop.asked, first.asked, second.asked], [{}, {}, {}]);
  }
});

t.test('one that was cleaned up needs no network either, until its pin is another', async (t) => {
  const { path, extracted, run } = await setUp(t, { cleanup: true });
  await run();
  t.notOk(existsSync(path));
  await bucket.put('app.tar', 'other bytes, which are not pinned');
  const { changes, asked } = await run();
  t.notOk(changes);
  t.strictSame(asked, {});

  const next = tarOf([{ name: 'run', content: 'release 2\n' }]);
  await bucket.put('app.tar', next);
  const pin = `sha256:${createHash('sha256').update(next).digest('hex')}`;
  const again = await run({ checksum: pin });
  t.match(again.message, /^content changed /);
  t.equal(readFileSync(extracted, 'utf8'), 'release 2\n');
});

/** Objects as they are brought by themselves, from a source below the bucket. */
async function setUpObjects(t: Test) {
  const proxy = await startProxy({ target: rgw.endpoint });
  t.teardown(() => proxy.stop());
  const dir = t.testdir({ state: {} });
  const path = (name: string) => join(dir, name);
  const object = (name: string, key: string, more: Partial<S3Resource> = {}): S3Resource => ({
    path: path(name),
    ensure: 'present',
    source: `/${bucket.name}/${key}`,
    endpoint: proxy.endpoint,
    access_key_id: rgw.accessKeyId,
    secret_access_key: rgw.secretAccessKey,
    ...more,
  });
  const run = async (resources: S3Resource[], options: RunOptions = {}) => {
    proxy.reset();
    const ran = await puppetRun(join(dir, 'state'), resources, options);
    return { ...ran, asked: proxy.counts() };
  };
  const text = (name: string) => readFileSync(path(name), 'utf8');
  return { proxy, dir, path, object, run, text };
}

t.test('what is missing is fetched once, whether ahead or in its turn', async (t) => {
  const { object, run, text, path } = await setUpObjects(t);
  const large = randomBytes(1.5 * 2 ** 20);
  await bucket.putAll([
    ['small', 'small\n'],
    ['large', large],
  ]);
  const both = [object('a', 'small'), object('b', 'large')];
  const [small] = both as [S3Resource, S3Resource];
  t.strictSame((await run([small])).asked, { HEAD: 1, GET_OBJECT: 1 });
  t.equal(text('a'), 'small\n');
  t.match(await run(both), { failures: {}, asked: { HEAD: 2, GET_OBJECT: 1 } });
  t.ok(readFileSync(path('b')).equals(large));
  t.strictSame((await run(both)).asked, { HEAD: 2 });
});

t.test('what changed is fetched ahead too, and once, be it chosen by a pattern', async (t) => {
  const { object, run, text } = await setUpObjects(t);
  await bucket.putAll([
    ['v/app-1.zip', 'one\n'],
    ['changing', 'first\n'],
  ]);
  const both = [object('app', 'v/app-*.zip', { ensure: 'latest' }), object('changing', 'changing')];
  t.strictSame((await run(both)).asked, { LIST: 1, HEAD: 1, GET_OBJECT: 2 });
  await bucket.putAll([
    ['v/app-2.zip', 'the second\n'],
    ['changing', 'later\n'],
  ]);
  t.strictSame((await run(both)).asked, { LIST: 1, HEAD: 1, GET_OBJECT: 2 });
  t.strictSame([text('app'), text('changing')], ['the second\n', 'later\n']);
});

t.test('a version that will not be installed is not fetched ahead', async (t) => {
  const { object, run, text } = await setUpObjects(t);
  await bucket.putAll([
    ['kept/app-1.zip', 'the first\n'],
    ['kept/app-2.zip', 'second\n'],
  ]);
  const latest = object('latest', 'kept/app-*.zip', { ensure: 'latest' });
  const present = object('present', 'kept/app-', { name_prefix: true });
  await run([latest, present]);
  await bucket.remove('kept/app-2.zip');
  t.strictSame((await run([latest])).asked, { LIST: 1 }, 'a lower one');
  t.equal(text('latest'), 'second\n');
  await bucket.put('kept/app-3.zip', 'the third\n');
  t.strictSame((await run([present])).asked, { LIST: 1 }, 'where any will do');
  t.equal(text('present'), 'second\n');
});

t.test('noop fetches nothing ahead, nor does what is to be extracted', async (t) => {
  const { dir, object, run } = await setUpObjects(t);
  await bucket.put('ahead.tar', archive);
  const plain = object('plain', 'ahead.tar');
  t.match(await run([plain], { noop: true }), { changes: {}, asked: { HEAD: 1 } });
  const extracted = object('extracted', 'ahead.tar', { extract: join(dir, 'out') });
  t.strictSame((await run([extracted])).asked, { HEAD: 1, GET_OBJECT: 1 });
});

t.test(
  'an object that is replaced between two questions comes whole, as the new one',
  async (t) => {
    const { proxy, object, run, text } = await setUpObjects(t);
    await bucket.put('r/app-1.zip', 'old bytes\n');
    const replace: Fault = async (_request, server) => {
      await bucket.put('r/app-1.zip', 'new bytes\n');
      return server();
    };
    proxy.fault({ operation: 'GET_OBJECT', times: 1 }, replace);
    const ran = await run([object('app', 'r/app-*.zip', { ensure: 'latest' })]);
    t.strictSame(ran.failures, {});
    t.equal(text('app'), 'new bytes\n');
    t.strictSame((await run([object('app', 'r/app-*.zip', { ensure: 'latest' })])).changes, {});
  },
);

t.test('damaged bytes that came ahead are fetched again in their turn', async (t) => {
  const { proxy, object, run, text } = await setUpObjects(t);
  await bucket.put('damaged', 'damaged on the way\n');
  proxy.fault({ operation: 'GET_OBJECT', times: 1 }, flipBit(3));
  t.match(await run([object('damaged', 'damaged')]), { failures: {}, asked: { GET_OBJECT: 2 } });
  t.equal(text('damaged'), 'damaged on the way\n');
});

t.test('a path that cannot be fails its resource alone', async (t) => {
  const { path, object, run, text } = await setUpObjects(t);
  await bucket.put('good', 'good\n');
  writeFileSync(path('file'), '');
  const long = 'x'.repeat(300);
  const ran = await run([
    object('file/below', 'good'),
    object(long, 'good'),
    object('here', 'good'),
    object('and-here', 'good'),
  ]);
  t.match(ran.failures, {
    [path('file/below')]: /a file stands where its directory should be; remove it/,
    [path(long)]: /the name is too long/,
  });
  t.strictSame([text('here'), text('and-here')], ['good\n', 'good\n']);
  t.strictSame(ran.asked, { HEAD: 4, GET_OBJECT: 2 }, 'and what is asked ahead for the others');
});

t.test('an extraction that broke off is not taken for done', async (t) => {
  const { path, object, run, text } = await setUpObjects(t);
  const entries = ['first', 'second'].map((name) => ({ name, content: `${name}\n` }));
  await bucket.put('broken.tar', tarOf(entries));
  const extract = path('broken');
  for (const [name, more] of Object.entries<Partial<S3Resource>>({
    hashed: { always_hash: true },
    touched: {},
  })) {
    mkdirSync(path('broken/second/in-the-way'), { recursive: true });
    const creates = path('broken/first');
    writeFileSync(creates, 'of an earlier release\n');
    const it = object(`${name}.tar`, 'broken.tar', { extract, creates, ...more });
    const broken = await run([it]);
    t.match(broken.failures[it.path], /second/, name);
    rmSync(path('broken/second'), { recursive: true });
    if (name === 'touched') utimesSync(it.path, 1, 1);
    t.match((await run([it])).changes, { [it.path]: /^extracted / }, name);
    t.strictSame([text('broken/first'), text('broken/second')], ['first\n', 'second\n']);
    t.strictSame((await run([it])).changes, {});
    rmSync(extract, { recursive: true });
  }
});

t.test('cleanup that is asked for later removes the archive once', async (t) => {
  const { path, object, run } = await setUpObjects(t);
  await bucket.put('later.tar', archive);
  const extract = path('later');
  const it = object('later.tar', 'later.tar', { extract });
  await run([it]);
  t.ok(existsSync(it.path));
  const cleaned = { ...it, cleanup: true };
  const noop = await run([cleaned], { noop: true });
  t.match(noop.states, { [it.path]: { content: { is: /", not cleaned up$/ } } });
  t.ok(existsSync(it.path));
  t.match((await run([cleaned])).changes, {
    [it.path]: new RegExp(`^removed ".*", which is extracted to ${extract}$`),
  });
  t.notOk(existsSync(it.path));
  t.ok(existsSync(path('later/run')));
  t.match(await run([cleaned]), { changes: {}, failures: {}, asked: { HEAD: 1 } });
  t.notOk(existsSync(it.path));
});

t.test('a link that replace => false keeps has the mode that is asked for', async (t) => {
  const { path, object, run } = await setUpObjects(t);
  await bucket.put('linked', 'linked\n');
  writeFileSync(path('behind'), '', { mode: 0o644 });
  symlinkSync('behind', path('link'));
  const { states } = await run([object('link', 'linked', { replace: false, mode: '0600' })]);
  t.match(states, { [path('link')]: { mode: '0600', content: { in_sync: true } } });
});

t.test('a directory is not removed as a file is, and noop says so as well', async (t) => {
  const { path, run } = await setUpObjects(t);
  mkdirSync(path('directory'));
  const it: S3Resource = { path: path('directory'), ensure: 'absent', source: '/b/k' };
  for (const noop of [true, false]) {
    const { failures } = await run([it], { noop });
    t.match(failures, { [it.path]: /is a directory; end source with \/ and set purge => true/ });
  }
});

t.test('with a ledger that cannot be read, what is right is adopted anew', async (t) => {
  const { dir, object, run } = await setUpObjects(t);
  await bucket.put('adopted', 'adopted\n');
  const it = object('adopted', 'adopted');
  await run([it]);
  rmSync(join(dir, 'state/files.jsonl'));
  mkdirSync(join(dir, 'state/files.jsonl'));
  const again = await run([it]);
  t.match(again, { changes: {}, failures: {}, asked: { HEAD: 1 } });
  t.ok(again.logged.some((line) => /was right already and is adopted/.test(line)));
  t.ok(again.logged.some((line) => /^warning: the ledger cannot be written/.test(line)));
});

t.test('an endpoint or region that is no host fails its resource, in one line', async (t) => {
  const { path, object, run, text } = await setUpObjects(t);
  await bucket.put('hosted', 'hosted\n');
  const { endpoint: _, ...aws } = object('', 'hosted');
  const hosted = (name: string, more: Partial<S3Resource>) => ({
    ...aws,
    path: path(name),
    ...more,
  });
  const wrong = [
    hosted('endpoint', { endpoint: 'http://[bad' }),
    hosted('region', { region: 'no host' }),
    hosted('role', { endpoint: 'http://[bad', role_arn: 'arn:aws:iam:::role/x' }),
  ];
  const { failures } = await run([...wrong, object('good', 'hosted')]);
  t.match(failures, {
    [path('endpoint')]: /http:\/\/\[bad is not a URL; check endpoint and region$/,
    [path('region')]: /https:\/\/s3\.no host\.amazonaws\.com is not a URL; check endpoint and/,
    [path('role')]: /http:\/\/\[bad is not a URL; check endpoint and region$/,
  });
  t.equal(text('good'), 'hosted\n');
});
