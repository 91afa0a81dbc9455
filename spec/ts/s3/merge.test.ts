import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { type Merged, merge } from '../../../ts/s3/merge.js';
import { compareKeys } from '../../../ts/s3/safe-key.js';

const keys = fc
  .uniqueArray(
    fc.oneof(fc.stringMatching(/^[ab/.-]{1,3}$/), fc.constantFrom('\uffee', '😀', 'é')),
    {
      maxLength: 8,
    },
  )
  .map((all) => all.sort(compareKeys));

interface Keyed {
  key: string;
}

async function* listed(all: string[]): AsyncGenerator<Keyed> {
  for (const key of all) yield { key };
}

t.test('each key comes once, in order, with what each source has of it', async () => {
  await fc.assert(
    fc.asyncProperty(keys, keys, keys, async (remote, local, known) => {
      const merged: Merged<Keyed, Keyed>[] = [];
      const ledger = known.map((key) => ({ key })).values();
      for await (const item of merge(listed(remote), local.values(), ledger)) merged.push(item);
      const all = [...new Set([...remote, ...local, ...known])].sort(compareKeys);
      assert.deepEqual(
        merged,
        all.map((key) => ({
          key,
          ...(remote.includes(key) ? { remote: { key } } : {}),
          local: local.includes(key),
          ...(known.includes(key) ? { known: { key } } : {}),
        })),
      );
    }),
  );
});

t.test('it holds one item of each source', async (t) => {
  const taken = { remote: 0, local: 0, known: 0 };
  async function* remote(): AsyncGenerator<Keyed> {
    for (const key of ['a', 'b', 'c']) yield count('remote', { key });
  }
  function* local(): Generator<string> {
    for (const key of ['a', 'b', 'c']) yield count('local', key);
  }
  function* known(): Generator<Keyed> {
    for (const key of ['a', 'b', 'c']) yield count('known', { key });
  }
  function count<T>(source: keyof typeof taken, item: T): T {
    taken[source]++;
    return item;
  }
  const merged = merge(remote(), local(), known());
  await merged.next();
  t.strictSame(taken, { remote: 2, local: 2, known: 2 });
});

t.test('a source that fails fails the whole', async (t) => {
  async function* broken(): AsyncGenerator<Keyed> {
    yield { key: 'a' };
    throw new Error('cut short');
  }
  const merged = merge(broken(), ['a', 'b'].values(), [].values());
  await t.rejects(async () => {
    for await (const _ of merged);
  }, /cut short/);
});
