import t from 'tap';
import { headersOf } from '../../../ts/http/headers.js';

t.test('a string is the content type, a Hash is headers', async (t) => {
  t.same(headersOf(undefined), {});
  t.same(headersOf('text/xml'), { 'content-type': 'text/xml' });
  t.same(headersOf({ 'X-One': 1, Accept: ['a', 'b'] }), { 'x-one': '1', accept: 'a, b' });
});

t.test('what would end a header or be another one is refused, without its value', async (t) => {
  for (const value of ['a\r\nX-Evil: 1', 'a\nb', 'a\0b', 'snow ☃', { a: 1 }]) {
    t.throws(() => headersOf({ 'X-One': value }), {
      message:
        'header: the value of X-One has a line break or another character that no header can hold',
    });
  }
  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'ü']) {
    t.throws(() => headersOf({ [name]: '1' }), /is not a header's name/, name);
  }
  t.throws(() => headersOf({ 'Content-Length': '4' }), /set by the connection itself/);
  t.throws(() => headersOf({ 'Transfer-Encoding': 'chunked' }), /set by the connection/);
  t.throws(() => headersOf({ 'X-One': '1', 'x-one': '2' }), /given twice/);
  t.same(headersOf({ constructor: 'x' }), { constructor: 'x' });
});
