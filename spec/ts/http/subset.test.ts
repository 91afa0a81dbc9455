import fc from 'fast-check';
import t from 'tap';
import { mismatch } from '../../../ts/http/subset.js';

t.test('an object may have more keys', async (t) => {
  t.equal(mismatch({ state: 'up' }, { state: 'up', since: 4 }), undefined);
  t.same(mismatch({ state: 'up' }, { state: 'down' }), { at: 'state', is: 'down', should: 'up' });
  t.same(mismatch({ a: { b: 1 } }, { a: {} }), { at: 'a.b', is: undefined, should: 1 });
  t.ok(mismatch({ a: 1 }, [{ a: 1 }]));
  t.ok(mismatch({ a: 1 }, null));
});

t.test('what every object inherits is not in it', async (t) => {
  t.ok(mismatch({ toString: {} }, {}));
  t.ok(mismatch({ constructor: {} }, { other: 1 }));
});

t.test('types count', async (t) => {
  t.ok(mismatch({ n: 4 }, { n: '4' }));
  t.ok(mismatch({ n: null }, {}), 'null must be there');
  t.ok(mismatch({ n: 0 }, { n: false }));
  t.equal(mismatch({ n: 1.0 }, { n: 1 }), undefined);
});

t.test('a list may have more elements, in any order; each serves once', async (t) => {
  t.equal(mismatch([1, 2], [3, 2, 1]), undefined);
  t.ok(mismatch([1, 1], [1, 2]));
  t.equal(mismatch([], [1]), undefined);
  t.same(mismatch({ l: [{ a: 1 }] }, { l: [{ a: 2 }] }), { at: 'l[0].a', is: 2, should: 1 });
  t.same(mismatch({ l: [7] }, { l: [1, 2] }), { at: 'l', is: [1, 2], should: [7] });
});

t.test('an earlier choice gives way where only it can', async (t) => {
  // The first would take the element that alone can serve the second.
  t.equal(mismatch([{ a: 1 }, { a: 1, b: 2 }], [{ a: 1, b: 2 }, { a: 1 }]), undefined);
  t.equal(mismatch([{}, { a: 1 }, { b: 1 }], [{ a: 1 }, { b: 1 }, {}]), undefined);
});

const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** Some of a value: keys and elements left out, elements moved. */
function some(value: unknown, choose: () => number): unknown {
  if (Array.isArray(value)) {
    const kept = value.filter(() => choose() < 0.7).map((one) => some(one, choose));
    return choose() < 0.5 ? kept.reverse() : kept;
  }
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).filter(() => choose() < 0.7);
  return Object.fromEntries(pairs.map(([key, one]) => [key, some(one, choose)]));
}

t.test('whatever is left out of a value, the value contains the rest', async () => {
  fc.assert(
    fc.property(
      json,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (value, stream) => {
        const part = some(value, () => stream.next().value as number);
        return mismatch(part, value) === undefined;
      },
    ),
  );
});

t.test('a value that gains a key or an element is not contained in what it was', async () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), json, (object, extra) => {
      const key = `${Object.keys(object).join('')}+`;
      return mismatch({ ...object, [key]: extra }, object) !== undefined;
    }),
  );
  fc.assert(
    fc.property(
      fc.array(json),
      (list) => mismatch([...list, 'one more'], list) !== undefined || list.includes('one more'),
    ),
  );
});
