import t from 'tap';
import { bodyOf } from '../../../ts/http/body.js';

const text = (...given: Parameters<typeof bodyOf>) => bodyOf(...given)?.bytes.toString();

t.test('JSON is sent as Puppet wrote it', async (t) => {
  const json = '{"a":1.0,"big":9007199254740993,"l":[null,true]}';
  t.same(bodyOf({ json }, undefined), { bytes: Buffer.from(json), type: 'application/json' });
  t.equal(text({ json }, 'application/vnd.api+json; charset=utf-8'), json);
});

t.test('a text is sent as it is, whatever it is called', async (t) => {
  t.same(bodyOf({ text: 'ü' }, undefined), {
    bytes: Buffer.from('ü'),
    type: 'text/plain; charset=utf-8',
  });
  t.equal(text({ text: '{"a":1}' }, 'application/json'), '{"a":1}');
  t.equal(bodyOf(undefined, 'text/xml'), undefined);
});

t.test('a form', async (t) => {
  const form = 'application/x-www-form-urlencoded';
  t.equal(text({ json: '{"a":"b c&d","l":[1,2],"n":null}' }, form), 'a=b+c%26d&l=1&l=2&n=');
  t.throws(
    () => text({ json: '{"a":{"b":1}}' }, form),
    /a form has no nested values, and a is one/,
  );
  t.throws(() => text({ json: '[1]' }, form), /must be a Hash/);
});

t.test('multipart: another server reads the same fields', async (t) => {
  const sent = bodyOf({ json: '{"a":"1\\r\\n--x","q\\"":"ü"}' }, 'multipart/form-data');
  const { bytes, type } = sent ?? { bytes: Buffer.alloc(0), type: '' };
  const read = await new Response(bytes, { headers: { 'content-type': type } }).formData();
  t.same(
    [...read],
    [
      ['a', '1\r\n--x'],
      ['q"', 'ü'],
    ],
  );
  t.same(
    bodyOf({ json: '{"a":"1\\r\\n--x","q\\"":"ü"}' }, 'multipart/form-data'),
    sent,
    'the same bytes',
  );
});

t.test('a Hash as another content type', async (t) => {
  t.throws(() => text({ json: '{}' }, 'text/xml'), /which text\/xml cannot hold; make it a String/);
});
