import t from 'tap';
import { conceal, isSecretName } from '../../../ts/http/conceal.js';

t.test('by its structure, at any depth', async (t) => {
  t.equal(
    conceal('{"user":"me","auth":{"api_key":"abc","list":[{"Password":1}]},"tokens":["x"]}'),
    '{"user":"me","auth":{"api_key":"[redacted]","list":[{"Password":"[redacted]"}]},"tokens":"[redacted]"}',
  );
});

t.test('what is no whole JSON, by what looks so', async (t) => {
  t.equal(conceal('{"a":1,"secret":"abc\\"def","b":'), '{"a":1,"secret":[redacted],"b":');
  t.equal(conceal('user=me&password=abc&x=1'), 'user=me&password=[redacted]&x=1');
  t.equal(conceal('Authorization: Bearer abc.def'), 'Authorization: [redacted] [redacted]');
  t.equal(conceal('sent with Basic YWJjOmRlZg==, sorry'), 'sent with Basic [redacted], sorry');
  t.equal(conceal("{token: 'abc', other: 'def'}"), "{token: [redacted], other: 'def'}");
});

t.test('what is no secret stays', async (t) => {
  for (const text of ['not found', 'the compass is at 4', '{"state":"down"}', 'passage: 4']) {
    t.equal(conceal(text), text);
  }
  t.notOk(isSecretName('keyboard'));
  t.notOk(isSecretName('state'));
});

t.test('it takes no longer than its text is long', async (t) => {
  const begun = performance.now();
  conceal(`${'a'.repeat(60_000)}${'"\\'.repeat(2000)}`);
  t.ok(performance.now() - begun < 2000);
});
