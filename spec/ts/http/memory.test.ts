import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Memory } from '../../../ts/http/memory.js';

const sent = { digest: 'd', parts: { URL: 'u' } };

t.test('what was sent is known in the next run', async (t) => {
  const dir = join(t.testdir(), 'webhook/http');
  const memory = new Memory(dir);
  t.same(memory.get('a'), {});
  memory.set('a', { sent });
  memory.set('b', { owed: true });
  memory.set('c', { sent });
  memory.set('c', { owed: false });
  memory.close();
  const next = new Memory(dir);
  t.same(next.get('a'), { sent });
  t.same(next.get('b'), { owed: true });
  t.same(next.get('c'), {});
  t.equal(statSync(join(dir, 'sent.jsonl')).mode & 0o777, 0o600);
  next.close();
});

t.test('the key of the digests is made once, for the owner alone', async (t) => {
  const dir = join(t.testdir(), 'webhook/http');
  const key = new Memory(dir).key(false);
  t.match(key, /^[0-9a-f]{64}$/);
  t.equal(readFileSync(join(dir, 'key'), 'utf8'), key);
  t.equal(statSync(join(dir, 'key')).mode & 0o777, 0o600);
  t.equal(statSync(dir).mode & 0o777, 0o700);
  t.equal(new Memory(dir).key(false), key);
  t.equal(new Memory(dir).key(true), key);
  t.not(new Memory(join(t.testdir(), 'other')).key(false), key);
});

t.test('noop writes nothing, and what comes after it in the run does', async (t) => {
  const dir = join(t.testdir(), 'http');
  const memory = new Memory(dir);
  const made = memory.key(true);
  t.throws(() => statSync(dir), { code: 'ENOENT' });
  const key = memory.key(false);
  t.not(key, made);
  t.equal(memory.key(true), key);
  t.equal(new Memory(dir).key(false), key, 'the next run has the same');
});

t.test('of two runs that make a key at once, one has it made', async (t) => {
  const dir = join(t.testdir(), 'http');
  const late = new Memory(dir);
  t.throws(() => statSync(dir), { code: 'ENOENT' });
  mkdirSync(dir);
  const first = new Memory(dir).key(false);
  t.equal(late.key(false), first);
});

t.test('a ledger that cannot be read or written sends nothing', async (t) => {
  const dir = t.testdir({ 'sent.jsonl': {}, key: {} });
  t.throws(() => new Memory(dir).get('a'), {
    code: 'ledger',
    message: /^the ledger of what was sent cannot be read, so nothing is sent: EISDIR/,
  });
  t.throws(() => new Memory(dir).key(false), { code: 'ledger', message: /key cannot be read/ });

  const gone = join(t.testdir(), 'http');
  const memory = new Memory(gone);
  memory.get('a');
  writeFileSync(gone, 'a file where the directory should be');
  for (const write of [() => memory.set('a', { sent }), () => new Memory(gone).key(false)]) {
    t.throws(write, { code: 'ledger', message: /ledger|cannot be read/ });
  }
});

t.test('a line that a crash cut short is as if it had not been', async (t) => {
  const dir = t.testdir({ 'sent.jsonl': `${JSON.stringify(['a', { sent }])}\n["a",{"se` });
  const memory = new Memory(dir);
  t.same(memory.get('a'), { sent });
  memory.set('b', { sent });
  memory.close();
  t.same(new Memory(dir).get('b'), { sent });
  rmSync(dir, { recursive: true });
});
