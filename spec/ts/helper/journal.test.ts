import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Journal } from '../../../ts/helper/journal.js';

t.test('the last word on a key counts, in the next process too', async (t) => {
  const file = join(t.testdir(), 'state', 'journal.jsonl');
  const journal = new Journal<{ n: number }>(file);
  journal.set('a', { n: 1 });
  journal.set('b', { n: 2 });
  journal.set('a', { n: 3 }, { flush: true });
  journal.set('b', undefined);
  const next = new Journal<{ n: number }>(file);
  t.same(next.get('a'), { n: 3 });
  t.equal(next.get('b'), undefined);
});

t.test('a line cut short spoils neither what was before nor what comes after', async (t) => {
  const file = join(t.testdir(), 'journal.jsonl');
  new Journal(file).set('a', { n: 1 });
  appendFileSync(file, '["b",{"n":');
  const after = new Journal(file);
  after.set('c', { n: 3 });
  const next = new Journal(file);
  t.same([next.get('a'), next.get('b'), next.get('c')], [{ n: 1 }, undefined, { n: 3 }]);
});

t.test('it stays small', async (t) => {
  const file = join(t.testdir(), 'journal.jsonl');
  const journal = new Journal<{ n: number }>(file);
  for (let n = 0; n < 500; n++) journal.set('a', { n });
  journal.close();
  t.equal(readFileSync(file, 'utf8'), '["a",{"n":499}]\n');
});

t.test('what cannot be read or written is an error, not an empty memory', async (t) => {
  const file = join(t.testdir(), 'journal.jsonl');
  mkdirSync(file);
  t.throws(() => new Journal(file).get('a'), /EISDIR/);
  t.throws(() => new Journal(file).set('a', {}), /EISDIR/);
});

t.test('unless whoever has it says so: then it remembers for this run', async (t) => {
  const file = join(t.testdir(), 'journal.jsonl');
  mkdirSync(file);
  const told: unknown[] = [];
  const journal = new Journal<{ n: number }>(file, (error) => told.push(error));
  t.equal(journal.get('a'), undefined);
  t.match(told, [{ code: 'EISDIR' }]);
  t.throws(() => journal.set('a', { n: 1 }), /EISDIR/);
  t.same(journal.get('a'), { n: 1 });
});
