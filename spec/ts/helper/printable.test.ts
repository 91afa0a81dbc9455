import fc from 'fast-check';
import t from 'tap';
import { printable } from '../../../ts/helper/printable.js';

t.test('a message shows a key on one line, without control characters', async (t) => {
  t.equal(printable('a b/ü😀.txt'), 'a b/ü😀.txt');
  t.equal(printable('a\nb'), '"a\\nb"');
  t.equal(printable('\u001b[31mred'), '"\\u001b[31mred"');
  t.equal(printable('a\u2028b\u202eb'), '"a\\u2028b\\u202eb"');
  t.equal(printable('a\u009bb'), '"a\\u009bb"');
  t.equal(printable('end '), '"end "');
  t.equal(printable('"a"'), '"\\"a\\""');
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('"', '\\', '\n', 'n', ' '),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });
  fc.assert(
    fc.property(text, (s) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(printable(s))),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(text, (s) => {
      const shown = printable(s);
      return shown === s ? !s.startsWith('"') : JSON.parse(shown) === s;
    }),
    { numRuns: 2000 },
  );
});
