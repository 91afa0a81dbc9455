import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Ledger, type LedgerEntry } from '../../../ts/s3/ledger.js';

const entry = (etag: string): LedgerEntry => ({
  source: 's3://bucket/key',
  etag,
  size: 1,
  digests: { md5: etag },
  fingerprint: '1:2:3:4',
});

function open(t: Test, dir = t.testdir()) {
  const logged: string[] = [];
  const log = (level: string, message: string) => logged.push(`${level}: ${message}`);
  const file = join(dir, 'files.jsonl');
  return { dir, file, logged, log, ledger: new Ledger(dir, log) };
}

t.test('what a run notes, the next one knows; the last word counts', async (t) => {
  const { dir, ledger, log } = open(t);
  ledger.set('/a', entry('1'));
  ledger.set('/a', entry('2'));
  ledger.set('/b', { ...entry('3'), versionId: 'v', extracted: '3 to /opt' });
  ledger.set('/c', entry('4'));
  ledger.set('/c', undefined);
  const next = new Ledger(dir, log);
  t.strictSame(next.get('/a'), entry('2'));
  t.strictSame(next.get('/b'), { ...entry('3'), versionId: 'v', extracted: '3 to /opt' });
  t.equal(next.get('/c'), undefined);
  t.equal(next.get('/d'), undefined);
});

t.test('only its owner may read it', async (t) => {
  const { dir, file, log } = open(t);
  const ledger = new Ledger(join(dir, 'below', 'it'), log);
  ledger.set('/a', entry('1'));
  t.equal(statSync(join(dir, 'below', 'it')).mode & 0o777, 0o700);
  t.equal(statSync(join(dir, 'below', 'it', 'files.jsonl')).mode & 0o777, 0o600);
  t.notOk(existsSync(file));
});

t.test('to ask, and to forget what was never known, writes nothing', async (t) => {
  const { file, ledger } = open(t);
  t.equal(ledger.get('/a'), undefined);
  ledger.set('/a', undefined);
  ledger.close();
  t.notOk(existsSync(file));
});

t.test('a line that a crash cut short is passed over, and so is nonsense', async (t) => {
  const { dir, file, ledger, log } = open(t);
  ledger.set('/a', entry('1'));
  ledger.set('/b', entry('2'));
  const whole = readFileSync(file, 'utf8');
  const first = whole.indexOf('\n') + 1;
  for (let length = first; length < whole.length - 1; length++) {
    writeFileSync(file, whole.slice(0, length));
    const next = new Ledger(dir, log);
    if (next.get('/a')?.etag !== '1' || next.get('/b')) t.fail(`cut after ${length} characters`);
  }
  for (const nonsense of ['null', '{}', '[]', '[1,2]', '"text"', '\0\0\0']) {
    writeFileSync(file, `${nonsense}\n${whole.slice(0, first)}`);
    const next = new Ledger(dir, log);
    t.equal(next.get('/a')?.etag, '1', nonsense);
    t.equal(next.get('/b'), undefined, nonsense);
  }
});

t.test('what is noted after a torn line is not lost with it', async (t) => {
  const { dir, file, ledger, log } = open(t);
  ledger.set('/a', entry('1'));
  appendFileSync(file, '["/b",{"source":"s3:');
  const next = new Ledger(dir, log);
  next.set('/c', entry('3'));
  const last = new Ledger(dir, log);
  t.equal(last.get('/a')?.etag, '1');
  t.equal(last.get('/c')?.etag, '3');
});

t.test(
  'it is written anew once most of its lines are of the past, and says the same',
  async (t) => {
    const { dir, file, ledger, log } = open(t);
    const lines = () => readFileSync(file, 'utf8').split('\n').length - 1;
    ledger.set('/kept', entry('1'));
    for (let i = 0; i < 100; i++) ledger.set('/a', entry(String(i)));
    ledger.close();
    t.equal(lines(), 101, 'not yet');
    for (let i = 0; i < 10; i++) ledger.set('/a', entry(`again ${i}`));
    ledger.close();
    t.equal(lines(), 2);
    t.equal(statSync(file).mode & 0o777, 0o600);
    ledger.set('/b', entry('b'));
    const next = new Ledger(dir, log);
    t.equal(next.get('/kept')?.etag, '1');
    t.equal(next.get('/a')?.etag, 'again 9');
    t.equal(next.get('/b')?.etag, 'b');
  },
);

t.test('a ledger that cannot be written is a warning, not a failure', async (t) => {
  const { dir, logged, log } = open(t, t.testdir({ file: '' }));
  const ledger = new Ledger(join(dir, 'file', 'below'), log);
  ledger.set('/a', entry('1'));
  t.equal(ledger.get('/a')?.etag, '1');
  t.match(logged, [/^warning: the ledger cannot be written, .* \/a again: /]);
  t.doesNotThrow(() => ledger.close());
});

t.test('one that cannot be read knows nothing but what this run notes', async (t) => {
  const { dir, logged, log } = open(t, t.testdir({ 'files.jsonl': {} }));
  const ledger = new Ledger(dir, log);
  t.equal(ledger.get('/a'), undefined);
  t.same(logged, []);
  ledger.set('/a', entry('1'));
  t.equal(ledger.get('/a')?.etag, '1');
  t.match(logged, [/^warning: the ledger cannot be written, .* \/a again: /]);
  t.doesNotThrow(() => ledger.close());
});
