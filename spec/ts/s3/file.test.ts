import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Redactor } from '../../../ts/helper/redact.js';
import type { S3Resource } from '../../../ts/s3/resource.js';
import { type Asks, S3Service } from '../../../ts/s3/service.js';
import { tarOf } from '../../support/archives.js';
import { startProxy } from '../../support/proxy.js';
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
    const service = new S3Service(() => undefined, new Redactor(), {});
    const asks = service.methods() as unknown as Asks;
    await asks.open({ state_dir: join(dir, 'state'), debug: true });
    await asks.prefetch({ resources: [resource], noop: [] });
    const state = await asks.check({ resource, noop: options.noop ?? false });
    const changes = !state.content?.in_sync;
    const message = changes && !options.noop ? (await asks.apply({ resource })).message : undefined;
    await service.close();
    return { state, changes, message, asked: proxy.counts() };
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
