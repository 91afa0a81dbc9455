import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { startProxy } from '../spec/support/proxy.js';
import { startRgw } from '../spec/support/rgw.js';
import { s3Admin } from '../spec/support/s3-admin.js';
import { calls } from './calls.js';
import { expect } from './expect.js';
import type { Interruption } from './interruption.js';
import { Machine, type Run } from './machine.js';
import { rot } from './rot.js';
import { PAGES, page, pageName, publishBuild, publishSite, REPORT } from './site.js';
import type { Stage, Tell } from './stage.js';
import type { Teardown } from './teardown.js';

/** From a build to the machine that runs it, and to those who need to know; each step proves what it says, or fails. */
export async function story(
  stage: Stage,
  interruption: Interruption,
  teardown: Teardown,
): Promise<void> {
  const rgw = await stage.prepare('A real S3 server starts: Ceph, on loopback', () => startRgw());
  teardown.add(() => rgw.stop());
  // It counts what passes.
  const proxy = await startProxy({ target: rgw.endpoint });
  const stopProxy = teardown.add(() => proxy.stop());
  const admin = s3Admin(rgw);
  teardown.add(() => admin.close());
  const bucket = await admin.makeBucket('builds');
  const open = await admin.makeBucket('public');
  const machine = new Machine(proxy, interruption);
  teardown.add(() => machine.remove());

  const expectVersion = (version: string): void => {
    for (const path of ['our_app/VERSION', 'running_version']) {
      const found = machine.read(path).trim();
      expect(found === version, `${path} is ${version}, not ${found}`);
    }
  };

  await stage.prepare(
    `A build is published: our_app 3.9.2; and a site of ${PAGES} pages`,
    async () => {
      await publishBuild(bucket, '3.9.1');
      await publishBuild(bucket, '3.9.2');
      await publishSite(bucket);
      await bucket.put('tools/report.sh', REPORT);
      await bucket.put('services/micro_service_1.4.0.zip', 'micro_service 1.4.0');
      await open.allowAnyone('s3:GetObject');
      await open.put('readme.txt', 'For anyone to read.\n');
    },
  );
  machine.addProfile('builds', rgw);
  machine.describe({
    'webhook::node_path': process.execPath,
    'builds::bucket': bucket.name,
    'builds::endpoint': proxy.endpoint,
    'builds::root': machine.root,
    'builds::report_checksum': `sha256:${sha256(REPORT)}`,
    'builds::access_key_id': rgw.accessKeyId,
    'builds::secret_access_key': rgw.secretAccessKey,
    'builds::role_arn': rgw.roleArn,
    'builds::public_bucket': open.name,
  });

  await stage.prove('puppet apply examples/s3.pp', async (tell) => {
    const run = await applyWell(machine, tell);
    expectFetched(run, PAGES + 3);
    expectVersion('3.9.2');
    return 'all is there, each object fetched once; the greatest version is extracted';
  });

  await stage.prove('puppet apply examples/s3.pp, again', async (tell) => {
    expectNothing(await applyWell(machine, tell));
    return 'nothing changed and nothing was fetched: it costs one question each';
  });

  await stage.prepare('our_app 3.10.0 is out; a page is changed, one new, one gone', async () => {
    await publishBuild(bucket, '3.10.0');
    await bucket.put(`www/${pageName(0)}`, page(0).replace('is', 'IS'));
    await bucket.put('www/new.html', 'new');
    await bucket.remove(`www/${pageName(1)}`);
  });

  await stage.prove('puppet apply --noop examples/s3.pp', async (tell) => {
    const before = machine.picture();
    const run = await applyWell(machine, tell, { noop: true });
    expect(run.changes.length > 0, 'noop tells what would change');
    expectFetched(run, 0);
    expect(machine.picture() === before, 'noop writes nothing');
    return 'it tells what would change, and writes nothing, not even its ledger';
  });

  await stage.prove('puppet apply examples/s3.pp', async (tell) => {
    const run = await applyWell(machine, tell);
    expectFetched(run, 3);
    expectVersion('3.10.0');
    expect(!existsSync(machine.path(`www/${pageName(1)}`)), 'the page that is gone is purged');
    return '3.10.0 is greater than 3.9.2; only what is new was fetched';
  });

  await stage.prepare('On disk: a byte changes, size and mtime do not; a stray file', async () => {
    rot(machine.path(`www/${pageName(2)}`));
    writeFileSync(machine.path('www/stray.html'), 'stray');
  });

  await stage.prove('puppet apply examples/s3.pp', async (tell) => {
    const run = await applyWell(machine, tell);
    expectFetched(run, 1);
    expect(machine.read(`www/${pageName(2)}`) === page(2), 'the page is right again');
    expect(!existsSync(machine.path('www/stray.html')), 'the stray file is purged');
    return 'it is found and put right, and nothing else was fetched';
  });

  await stage.prove('The ledger is deleted; puppet apply examples/s3.pp', async (tell) => {
    rmSync(machine.ledger, { recursive: true });
    expectNothing(await applyWell(machine, tell));
    return 'ETags prove that all is right, also that of an upload in parts';
  });

  await stage.prove('our_app 3.10.0 is withdrawn; puppet apply examples/s3.pp', async (tell) => {
    await bucket.remove('our_app/our_app_3.10.0.tar.gz');
    const run = await applyWell(machine, tell);
    for (const warning of run.warnings) tell(warning);
    expectNothing(run);
    expect(run.warnings.length === 1, 'there is one warning');
    expectVersion('3.10.0');
    return 'a version only moves forward';
  });

  await stage.prove('puppet apply examples/credentials.pp', async (tell) => {
    const run = await applyWell(machine, tell, { example: 'credentials.pp' });
    expectFetched(run, 3);
    const leaks = machine.filesOfPuppetWith(rgw.secretAccessKey);
    expect(leaks.length === 0, `the secret is in no file of Puppet's, unlike ${leaks}`);
    return "by keys, by a role, by nobody; Puppet's own files do not hold the secret";
  });

  await stage.prove('S3 is gone; puppet apply examples/s3.pp', async (tell) => {
    const before = machine.picture();
    await stopProxy();
    const run = await machine.apply('s3.pp');
    for (const failure of run.failures) tell(failure);
    expect(run.failures.length === 3, `3 resources fail, not ${run.failures.length}`);
    expect(run.changes.length === 0, 'nothing changes');
    expect(machine.picture() === before, 'no file changes');
    return 'each fails by itself, its files stay; what is pinned needs no S3';
  });

  await calls(stage, machine, teardown);
}

interface Asked {
  example?: string;
  noop?: boolean;
}

/** Applies an example, tells what happened, and takes no failure. */
async function applyWell(machine: Machine, tell: Tell, asked: Asked = {}): Promise<Run> {
  const { example = 's3.pp', ...options } = asked;
  const run = await machine.apply(example, options);
  for (const change of run.changes) tell(change);
  tell(run.asked);
  if (run.failures.length > 0) throw new Error(run.failures.join('\n'));
  return run;
}

function expectFetched(run: Run, count: number): void {
  expect(run.fetched === count, `${count} objects are fetched, not ${run.fetched}`);
}

function expectNothing(run: Run): void {
  expect(run.changes.length === 0, 'nothing changes');
  expectFetched(run, 0);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
