import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { nameOf, pathOf } from '../../../ts/s3/file-name.js';

t.test('any bytes become a name, and it becomes the same bytes', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), (parts) => {
      const name = Buffer.concat(parts);
      assert.deepEqual(Buffer.from(pathOf(nameOf(name)) as string), name);
    }),
    { numRuns: 1000 },
  );
});

t.test('a name that is text is that text, in whichever script', async (t) => {
  for (const name of ['a', 'é', '\ufffd', '😀', '💀 of U+1F480, DC80 at its end'])
    t.equal(nameOf(Buffer.from(name)), name);
  t.equal(pathOf('a/é'), 'a/é');
});

t.test('a byte that is no text is no character of any key', async (t) => {
  t.equal(nameOf(Buffer.from('caf\xe9.txt', 'latin1')), 'caf\udce9.txt');
  t.strictSame(pathOf('d\udcff/é'), Buffer.from([0x64, 0xff, 0x2f, 0xc3, 0xa9]));
});
