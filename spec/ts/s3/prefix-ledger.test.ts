import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { type KnownFile, LedgerDraft, PrefixLedger } from '../../../ts/s3/prefix-ledger.js';
import { compareKeys } from '../../../ts/s3/safe-key.js';

const known = (key: string, etag = 'e'): KnownFile => ({
  key,
  etag,
  size: 1,
  fingerprint: '1:2:3:4',
  digest: 'md5',
  value: 'v',
});

function write(ledger: PrefixLedger, files: KnownFile[]): void {
  const writer = ledger.rewrite();
  for (const file of files) writer.add(file);
  writer.finish();
}

const fileOf = (dir: string): string => join(dir, readdirSync(dir)[0] as string);
const key = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 8 })
  .filter((text) => !/\p{Surrogate}/u.test(text));
const sortedKeys = fc.uniqueArray(key, { maxLength: 12 }).map((keys) => keys.sort(compareKeys));

t.test('what was written is read, whatever the keys and however many', async (t) => {
  const dir = t.testdir();
  const ledger = new PrefixLedger(dir, '/srv/www', 's3://b/p/');
  fc.assert(
    fc.property(sortedKeys, (keys) => {
      const files = keys.map((each) => known(each));
      write(ledger, files);
      assert.deepEqual([...ledger.read()], files);
    }),
  );
  const many = Array.from({ length: 5000 }, (_, i) => known(`é${String(i).padStart(6, '0')}`));
  write(ledger, many);
  t.strictSame([...ledger.read()], many);
  t.equal(readdirSync(dir).length, 1);
  t.equal(statSync(fileOf(dir)).mode & 0o777, 0o600);
});

t.test('each directory has its own, which is of one source only', async (t) => {
  const dir = t.testdir();
  write(new PrefixLedger(dir, '/a', 's3://b/p/'), [known('1')]);
  write(new PrefixLedger(dir, '/b', 's3://b/p/'), [known('2')]);
  t.strictSame([...new PrefixLedger(dir, '/a', 's3://b/p/').read()], [known('1')]);
  t.strictSame([...new PrefixLedger(dir, '/a', 's3://b/q/').read()], []);
  const gone = new PrefixLedger(dir, '/b', 's3://b/p/');
  gone.remove();
  gone.remove();
  t.strictSame([...gone.read()], []);
});

t.test('what is damaged ends it: all before is known, nothing after is believed', async (t) => {
  const dir = t.testdir();
  const ledger = new PrefixLedger(dir, '/a', 's3://b/p/');
  const files = ['a', 'b', 'c'].map((each) => known(each));
  write(ledger, files);
  const file = fileOf(dir);
  const whole = readFileSync(file, 'utf8');
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(file, whole.slice(0, length));
    const read = [...ledger.read()];
    assert.deepEqual(read, files.slice(0, read.length), `cut after ${length}`);
    assert.equal(read.length, Math.max(0, whole.slice(0, length).split('\n').length - 2));
  }
  const lines = whole.split('\n');
  for (const nonsense of ['{}', '["b"]', lines[3], lines[1], 'null']) {
    writeFileSync(file, [lines[0], lines[1], nonsense, lines[2], ''].join('\n'));
    const read = [...ledger.read()].map((each) => each.key);
    t.strictSame(read, nonsense === lines[3] ? ['a', 'c'] : ['a'], String(nonsense));
  }
});

t.test('any run of keeping, dropping and adding gives the sorted union', async (t) => {
  const dir = t.testdir();
  // Of each key: what the last edition has, what becomes of it, and whether it came since.
  const item = fc.record({
    before: fc.boolean(),
    verdict: fc.constantFrom('unchanged', 'changed', 'drop'),
    fresh: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.dictionary(key, item, { maxKeys: 12, noNullPrototype: true }), (items) => {
      const ledger = new PrefixLedger(dir, '/a', 's3://b/p/');
      const keys = Object.keys(items).sort(compareKeys);
      write(
        ledger,
        keys.filter((each) => items[each]?.before).map((each) => known(each)),
      );
      const draft = new LedgerDraft(ledger, () => undefined);
      const added: KnownFile[] = [];
      const expected: KnownFile[] = [];
      for (const each of keys) {
        const { before, verdict, fresh } = items[each] as {
          before: boolean;
          verdict: string;
          fresh: boolean;
        };
        if (verdict === 'unchanged' && before) {
          draft.keep(known(each), true);
          expected.push(known(each));
        } else if (verdict === 'changed') {
          draft.keep(known(each, 'proved'), false);
          expected.push(known(each, 'proved'));
        } else {
          if (before) draft.drop();
          if (fresh) {
            added.push(known(each, 'brought'));
            expected.push(known(each, 'brought'));
          }
        }
      }
      draft.finish(added);
      assert.deepEqual([...ledger.read()], expected);
      assert.equal(readdirSync(dir).filter((name) => name.endsWith('.new')).length, 0);
    }),
    { numRuns: 300 },
  );
});

t.test('an edition like the last one is not written', async (t) => {
  const dir = t.testdir();
  const ledger = new PrefixLedger(dir, '/a', 's3://b/p/');
  write(ledger, [known('a'), known('b')]);
  const before = statSync(fileOf(dir)).ino;
  const draft = new LedgerDraft(ledger, () => undefined);
  draft.keep(known('a'), true);
  draft.keep(known('b'), true);
  t.equal(readdirSync(dir).length, 1);
  draft.finish([]);
  t.equal(statSync(fileOf(dir)).ino, before);
});

t.test('a draft that is given up changes nothing and leaves nothing', async (t) => {
  const dir = t.testdir();
  const ledger = new PrefixLedger(dir, '/a', 's3://b/p/');
  write(ledger, [known('a'), known('b')]);
  const draft = new LedgerDraft(ledger, () => undefined);
  draft.keep(known('a'), true);
  draft.drop();
  t.equal(readdirSync(dir).length, 2, 'it is written beside');
  draft.discard();
  t.equal(readdirSync(dir).length, 1);
  t.strictSame([...ledger.read()], [known('a'), known('b')]);
});

t.test('to read what is not there creates nothing', async (t) => {
  const dir = join(t.testdir(), 'state');
  const draft = new LedgerDraft(new PrefixLedger(dir, '/a', 's3://b/p/'), () => undefined);
  draft.finish([]);
  t.notOk(existsSync(dir));
});
