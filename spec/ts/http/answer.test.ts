import fc from 'fast-check';
import t from 'tap';
import { type Answer, beginning, jsonOf } from '../../../ts/http/answer.js';

const answer = (body: string | Buffer, cut = false): Answer => ({
  status: 200,
  headers: {},
  body: Buffer.from(body),
  cut,
  url: new URL('http://a.example.com/'),
});

t.test('any JSON is read as it was written', async () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      return JSON.stringify(jsonOf(answer(json))) === JSON.stringify(JSON.parse(json));
    }),
  );
});

t.test('what is no JSON is said to be, and shown', async (t) => {
  const check = 'check the URL, and that it answers with JSON';
  t.throws(() => jsonOf(answer('<html>Sign in</html>')), {
    code: 'no_json',
    message: `the answer should be JSON and is not: <html>Sign in</html>; ${check}`,
  });
  t.throws(() => jsonOf(answer(' \n')), {
    message: `the answer should be JSON and is empty; ${check}`,
  });
  t.throws(() => jsonOf(answer('token=abcdef')), /not: token=\[redacted\];/);
});

t.test('of a cut answer no part is taken for the whole', async (t) => {
  t.throws(() => jsonOf(answer('{"state":"up"}', true)), {
    code: 'too_large',
    message: 'the answer should be JSON and is longer than 10 MiB; ask for less of it',
  });
});

t.test('the beginning is one short line, without secrets', async (t) => {
  t.equal(beginning(answer('')), 'an empty body');
  t.equal(beginning(answer('not\r\n  found\n')), 'not found');
  t.equal(beginning(answer('x'.repeat(201))), `${'x'.repeat(200)}…`);
  t.equal(beginning(answer('\u001b[31mred')), '"\\u001b[31mred"');
  t.equal(beginning(answer('{"why":"no","token":"abcdef"}')), '{"why":"no","token":"[redacted]"}');
  fc.assert(
    fc.property(
      fc.uint8Array(),
      (bytes) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(beginning({ body: Buffer.from(bytes) })),
    ),
  );
});
