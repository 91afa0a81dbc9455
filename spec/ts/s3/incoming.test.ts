import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Incoming, isTemporary } from '../../../ts/s3/incoming.js';

const mine = { owner: process.getuid?.() ?? 0, group: process.getgid?.() ?? 0, mode: 0o640 };

function setUp(t: Test) {
  const root = t.testdir({ target: {}, state: {} });
  const directory = join(root, 'target');
  const stateDir = join(root, 'state');
  return { root, directory, stateDir, incoming: new Incoming(stateDir) };
}

/** The id of a process that is no more. */
async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid as number;
}

t.test('a file is written beside its target and takes its place whole', async (t) => {
  const { directory, incoming } = setUp(t);
  const target = join(directory, 'app.zip');
  writeFileSync(target, 'old');
  const file = await incoming.create(target);
  t.ok(isTemporary(readdirSync(directory).find((name) => name !== 'app.zip') as string));
  t.equal(statSync(file.path).mode & 0o777, 0o600, 'nobody reads it before it is complete');
  writeSync(file.fd, 'wrong');
  file.truncate();
  writeSync(file.fd, 'new', 0);
  file.seal({ ...mine, mode: 0o4750 }, { flush: true });
  t.equal(readFileSync(target, 'utf8'), 'old');
  file.place();
  t.equal(readFileSync(target, 'utf8'), 'new');
  t.equal(statSync(target).mode & 0o7777, 0o4750);
  t.strictSame(readdirSync(directory), ['app.zip']);
});

t.test('its name keeps the extension, and the end of one that is too long', async (t) => {
  const { directory, incoming } = setUp(t);
  t.match((await incoming.create(join(directory, 'site.conf'))).path, /site\.conf$/);
  const long = `${'é'.repeat(125)}.conf`;
  t.match((await incoming.create(join(directory, long))).path, /[^\uFFFD]é\.conf$/);
  t.match(
    (await incoming.create(join(directory, `x${'😀'.repeat(62)}.conf`))).path,
    /-(😀)+\.conf$/,
  );
  for (const name of readdirSync(directory)) t.ok(Buffer.byteLength(name) <= 255);
});

t.test('nothing is written through a link that waits under its name', async (t) => {
  const { root, directory, incoming } = setUp(t);
  const victim = join(root, 'victim');
  symlinkSync(victim, join(directory, `.webhook-${process.pid}-0-app.zip`));
  await t.rejects(incoming.create(join(directory, 'app.zip')), {
    name: 'UserError',
    code: 'EEXIST',
    message: new RegExp(join(directory, 'app.zip')),
  });
  t.notOk(existsSync(victim));
});

t.test('what is thrown away leaves nothing, and so does the end of a run', async (t) => {
  const { directory, stateDir, incoming } = setUp(t);
  const file = await incoming.create(join(directory, 'a'));
  file.discard();
  file.discard();
  t.strictSame(readdirSync(directory), []);
  await incoming.create(join(directory, 'b'));
  (await incoming.create(join(directory, 'c'))).seal(mine, { flush: false });
  const placed = await incoming.create(join(directory, 'd'));
  placed.seal(mine, { flush: false });
  placed.place();
  incoming.close();
  t.strictSame(readdirSync(directory), ['d']);
  t.strictSame(readdirSync(stateDir), []);
});

t.test('a place that is taken by a directory fails it, and leaves no file', async (t) => {
  const { directory, incoming } = setUp(t);
  mkdirSync(join(directory, 'a'));
  const file = await incoming.create(join(directory, 'a'));
  file.seal(mine, { flush: false });
  t.throws(() => file.place(), { code: 'EISDIR', message: /is a directory/ });
  t.strictSame(readdirSync(directory), ['a']);
});

t.test('a directory that is not there fails it with what to do', async (t) => {
  const { directory, incoming } = setUp(t);
  await t.rejects(incoming.create(join(directory, 'no', 'a')), {
    code: 'ENOENT',
    message: /declare it/,
  });
});

t.test('what a killed run has left is swept by the next', async (t) => {
  const { directory, stateDir, incoming } = setUp(t);
  const dead = new Incoming(stateDir, await deadPid());
  await dead.create(join(directory, 'a'));
  await dead.create(join(directory, 'b'));
  writeFileSync(join(directory, 'theirs'), '');
  writeFileSync(join(directory, `.webhook-${dead.pid}1-0-other`), '');
  incoming.sweep();
  t.strictSame(readdirSync(directory), [`.webhook-${dead.pid}1-0-other`, 'theirs']);
  t.strictSame(readdirSync(stateDir), []);
});

t.test('what a living run is at work on is left alone', async (t) => {
  const { directory, stateDir, incoming } = setUp(t);
  const child = spawn('sleep', ['60']);
  t.teardown(() => child.kill());
  const living = new Incoming(stateDir, child.pid);
  await living.create(join(directory, 'a'));
  incoming.sweep();
  t.equal(readdirSync(directory).length, 1);
  t.equal(readdirSync(stateDir).length, 1);
  living.close();
});

t.test(
  'a number that came around is no living run: what bears ours is left from before',
  async (t) => {
    const { directory, stateDir } = setUp(t);
    await new Incoming(stateDir).create(join(directory, 'a'));
    new Incoming(stateDir).sweep();
    t.strictSame(readdirSync(directory), []);
  },
);

t.test(
  'a record that was cut short, or of directories that are gone, sweeps what it can',
  async (t) => {
    const { directory, stateDir, incoming } = setUp(t);
    const pid = await deadPid();
    const record = `"/no/such/directory"\n${JSON.stringify(directory)}\n"/cut sho`;
    writeFileSync(join(stateDir, `run-${pid}`), record);
    writeFileSync(join(stateDir, 'run-of-something-else'), record);
    writeFileSync(join(directory, `.webhook-${pid}-0-a`), '');
    incoming.sweep();
    t.strictSame(readdirSync(directory), []);
    t.strictSame(readdirSync(stateDir), ['run-of-something-else']);
  },
);

t.test('a record that goes while it is looked at holds up no sweep', async (t) => {
  const { directory, stateDir, incoming } = setUp(t);
  const [gone, dead] = [await deadPid(), new Incoming(stateDir, await deadPid())];
  await dead.create(join(directory, 'a'));
  // It is listed, and then cannot be read.
  symlinkSync('/no/such/record', join(stateDir, `run-${gone}`));
  incoming.sweep();
  t.strictSame(readdirSync(directory), []);
  t.strictSame(readdirSync(stateDir), []);
});

t.test('a sweep without a state directory makes none', async (t) => {
  const stateDir = join(t.testdir(), 'state');
  new Incoming(stateDir).sweep();
  t.notOk(existsSync(stateDir));
});

t.test('the record is there before the file, and nobody else may read it', async (t) => {
  const { root, directory } = setUp(t);
  const incoming = new Incoming(join(root, 'new'));
  await incoming.create(join(directory, 'a'));
  await incoming.create(join(directory, 'b'));
  const record = join(root, 'new', `run-${process.pid}`);
  t.equal(readFileSync(record, 'utf8'), `${JSON.stringify(directory)}\n`, 'a directory once');
  t.equal(statSync(record).mode & 0o777, 0o600);
  t.equal(statSync(join(root, 'new')).mode & 0o777, 0o700);
  incoming.close();
});
