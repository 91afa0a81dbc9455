import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import t from 'tap';
import { startRgw } from '../../support/rgw.js';
import { s3Admin } from '../../support/s3-admin.js';

const withRgw = ['--import', 'tsx', 'spec/support/with-rgw.ts', '--'];

t.test('a server of its own: objects, multipart, versions, a second user', async (t) => {
  const rgw = await startRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  const bucket = await admin.makeBucket();

  await bucket.put('a/one', 'one');
  await bucket.putAll([
    ['a/two', 'two'],
    ['b/three +%é', 'three'],
  ]);
  t.same(
    (await bucket.list('a/')).map(({ key, size }) => [key, size]),
    [
      ['a/one', 3],
      ['a/two', 3],
    ],
  );
  const copied = await bucket.copy('b/three +%é', 'b/copy');
  t.equal(copied.etag, (await bucket.head('b/three +%é')).ETag);
  const big = await bucket.multipart('big', Buffer.alloc(12 * 2 ** 20, 'x'), 5 * 2 ** 20);
  t.match(big.etag, /^"[0-9a-f]{32}-3"$/);
  await bucket.remove('b/copy');
  await t.rejects(bucket.head('b/copy'), { name: 'NotFound' });

  await bucket.enableVersioning();
  const first = await bucket.put('v', 'first');
  const second = await bucket.put('v', 'second');
  t.not(first.versionId, second.versionId);
  t.equal((await bucket.head('v', { versionId: first.versionId ?? '' })).ContentLength, 5);

  const url = `${rgw.endpoint}/${bucket.name}/a/one`;
  t.equal((await fetch(url)).status, 403, 'not for anyone');
  await bucket.allowAnyone('s3:GetObject');
  t.equal(await (await fetch(url)).text(), 'one', 'until anyone may');
});

t.test('with-rgw shares one server with its command and passes on how that ended', async (t) => {
  const script = `
    import { useRgw } from './spec/support/rgw.ts';
    const rgw = await useRgw();
    await rgw.stop();
    console.log(rgw.endpoint === process.env.WEBHOOK_TEST_S3_ENDPOINT);
    console.log((await fetch(rgw.endpoint)).status);
    process.exit(7);
  `;
  const node = ['node', '--import', 'tsx', '--input-type=module', '-e', script];
  const result = await promisify(execFile)('node', [...withRgw, ...node]).catch((error) => error);
  t.equal(result.stdout, 'true\n200\n');
  t.equal(result.code, 7);
});

t.test('with-rgw ends with all that its command has started', async (t) => {
  const child = spawn('node', [...withRgw, 'sh', '-c', 'echo; sleep 20; echo late'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const begun = performance.now();
  child.kill('SIGTERM');
  t.strictSame(await once(child, 'close'), [143, null]);
  t.ok(performance.now() - begun < 10_000, 'no one holds its output any more');
});

t.test('nothing outlives a starter that is killed', async (t) => {
  const child = spawn('node', [...withRgw, 'sh', '-c', 'echo $WEBHOOK_TEST_S3_ENDPOINT; sleep 5'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const endpoint = String(line).trim();
  t.equal((await fetch(endpoint)).status, 200);
  const dir = directoryOf(endpoint) ?? '';
  t.ok(existsSync(dir));
  child.kill('SIGKILL');
  for (let i = 0; i < 50 && existsSync(dir); i++) await sleep(100);
  t.notOk(existsSync(dir));
  await t.rejects(fetch(endpoint));
});

function directoryOf(endpoint: string): string | undefined {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith('webhook-rgw-'))
    .map((name) => join(tmpdir(), name))
    .find((dir) => {
      const conf = join(dir, 'ceph.conf');
      return existsSync(conf) && readFileSync(conf, 'utf8').includes(new URL(endpoint).host);
    });
}
