import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Environment } from '../../../ts/s3/environment.js';
import { Incoming } from '../../../ts/s3/incoming.js';
import { OpenDirectories } from '../../../ts/s3/open-directories.js';
import type { Bring } from '../../../ts/s3/prefix-judge.js';
import type { PrefixPlan } from '../../../ts/s3/prefix-scan.js';
import { Transfer } from '../../../ts/s3/prefix-transfer.js';
import type { S3Resource } from '../../../ts/s3/resource.js';

const KEY = 'dir/file';

/** A transfer of one object, which has come already and is to be placed. */
async function setUp(t: Test) {
  const outside = t.testdir({ root: { dir: {} }, elsewhere: {}, state: {} });
  const root = join(outside, 'root');
  const incoming = new Incoming(join(outside, 'state'));
  const clients = { for: () => undefined };
  const env = { incoming, clients, log: () => undefined } as unknown as Environment;
  const directories = new OpenDirectories(root);
  t.teardown(() => directories.close());
  const resource: S3Resource = { path: root, ensure: 'present', source: '/b/p/', mode: '0600' };
  const transfer = new Transfer(resource, env, directories);
  const came = async (): Promise<PrefixPlan> => {
    const remote = { bucket: 'b', key: `p/${KEY}`, etag: '"e"', size: 3 };
    const file = await incoming.create(join(root, KEY));
    writeFileSync(file.fd, 'new');
    const held = { file, arrival: { remote, digests: {} } };
    const bring = [{ kind: 'bring', key: KEY, object: remote, why: '', held } as unknown as Bring];
    return { bring } as unknown as PrefixPlan;
  };
  return { outside, root, transfer, came };
}

/** The owner of the tree puts a link where the directory was. */
function swap(outside: string): void {
  renameSync(join(outside, 'root/dir'), join(outside, 'root/was'));
  symlinkSync('../elsewhere', join(outside, 'root/dir'));
}

t.test('a file comes to its place', async (t) => {
  const { root, transfer, came } = await setUp(t);
  await transfer.run(await came());
  t.strictSame(transfer.failed, []);
  t.equal(readFileSync(join(root, KEY), 'utf8'), 'new');
  t.equal(statSync(join(root, KEY)).mode & 0o7777, 0o600);
  t.strictSame(readdirSync(join(root, 'dir')), ['file']);
});

t.test('a directory swapped for a link before the file is placed is not followed', async (t) => {
  const { outside, transfer, came } = await setUp(t);
  const running = transfer.run(await came());
  swap(outside);
  writeFileSync(join(outside, 'elsewhere/file'), 'theirs');
  await running;
  t.equal(readFileSync(join(outside, 'elsewhere/file'), 'utf8'), 'theirs');
  t.equal(readFileSync(join(outside, 'root/was/file'), 'utf8'), 'new', 'it stays where it was');
});

t.test('a file that was begun where a link led is given to no one', async (t) => {
  const { outside, root, transfer, came } = await setUp(t);
  swap(outside);
  const plan = await came();
  t.equal(readdirSync(join(outside, 'elsewhere')).length, 1);
  // What the first look finds is right again, and so is what is to be seen when it is placed.
  const link = join(root, 'dir');
  rmSync(link);
  mkdirSync(link);
  await transfer.run(plan);
  t.match(transfer.failed, [{ key: KEY, why: 'its directory was replaced in mid-run' }]);
  t.strictSame(readdirSync(link), []);
  const [left] = readdirSync(join(outside, 'elsewhere')) as [string];
  t.match(lstatSync(join(outside, 'elsewhere', left)), { mode: 0o100600, uid: process.getuid?.() });
});
