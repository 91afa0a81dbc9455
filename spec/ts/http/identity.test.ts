import t from 'tap';
import { callOf } from '../../../ts/http/call.js';
import { difference, identify } from '../../../ts/http/identity.js';
import { request } from './request.js';

const of = (...given: Parameters<typeof request>) => {
  const resource = request(...given);
  return identify(resource, callOf(resource), 'a key');
};

t.test('what makes another request, and how that is told', async (t) => {
  const json = (value: object) => ({ json: JSON.stringify(value) });
  const before = of({ ensure: 'post', data: json({ a: 1, b: 2 }), header: { 'X-One': '1' } });
  const told = (change: Parameters<typeof request>[0]) =>
    difference(
      of({ ensure: 'post', data: json({ a: 1, b: 2 }), header: { 'X-One': '1' }, ...change }),
      before,
    );
  t.equal(told({ data: json({ a: 1, b: 3, c: 4 }) }), 'data changed: b, c');
  t.equal(told({ data: json({ a: 1 }) }), 'data changed: b');
  t.equal(told({ data: json({ b: 2, a: 1 }) }), 'data changed', 'the order of keys');
  t.equal(told({ ensure: 'put' }), 'method changed');
  t.equal(told({ url: 'http://b.example.com/' }), 'URL changed');
  t.equal(told({ header: { 'X-One': '2' } }), 'header changed: x-one');
  t.equal(told({ data: { text: 'x' } }), 'header changed: content-type; data changed: a, b');
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`k${n}`, n]));
  t.equal(told({ data: json(many) }), 'data changed: a, b, k0, k1, k2 and 6 more');
});

t.test('who sends it does not', async (t) => {
  const same = of({ ensure: 'get' });
  t.same(of({ ensure: 'get', bearer_token: 'x', user: 'y', password: 'z' }), same);
  t.same(of({ ensure: 'get', retries: 9, timeout: 1, total_timeout: 2 }), same);
});

t.test('no value can be read from it, nor tried out without the key', async (t) => {
  const resource = request({ ensure: 'post', data: { json: '{"pin":"1234"}' } });
  const identity = identify(resource, callOf(resource), 'a key');
  t.notMatch(JSON.stringify(identity), '1234');
  t.not(
    identify(resource, callOf(resource), 'another').parts['data pin'],
    identity.parts['data pin'],
  );
});
