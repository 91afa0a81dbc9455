import fc from 'fast-check';
import t from 'tap';
import { display, encodeRoute, probeTarget, targetOf } from '../../../ts/http/target.js';

t.test('a route is text on the server of the manifest', async (t) => {
  const at = (route: string) => targetOf({ route, fqdn: 'a.example.com', port: 6969 }).url.href;
  t.equal(at('the_route'), 'http://a.example.com:6969/the_route');
  t.equal(at('/the_route'), 'http://a.example.com:6969/the_route');
  t.equal(at('a b/ü'), 'http://a.example.com:6969/a%20b/%C3%BC');
  t.equal(at('50%/a:b@c,d;e=f+g&h$i'), 'http://a.example.com:6969/50%25/a:b@c,d;e=f+g&h$i');
  t.equal(at('trailing/'), 'http://a.example.com:6969/trailing/');
  t.equal(targetOf({ route: '', fqdn: 'a', tls: true }).url.href, 'https://a/');
  t.equal(targetOf({ route: 'x', fqdn: '::1', port: 80 }).url.href, 'http://[::1]/x');
});

t.test('what a route cannot hold is refused, with a word on what to do', async (t) => {
  t.throws(() => encodeRoute('a?b=1'), /belongs into query/);
  t.throws(() => encodeRoute('a#b'), /has a \? or #/);
  t.throws(() => encodeRoute('a/../b'), /segment . or ../);
  for (const fqdn of ['a/b', 'user@host', 'a b', 'a?b', 'a#b', 'a\\b', '', 'a:b:c', 'a\nb']) {
    t.throws(() => targetOf({ route: 'x', fqdn }), /is not the name of a host/, fqdn);
  }
});

t.test('any route comes back as it was written', async () => {
  const segment = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => !/[/?#]/.test(text) && text !== '.' && text !== '..');
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1 }), (segments) => {
      const { url } = targetOf({ route: segments.join('/'), fqdn: 'a.example.com' });
      const back = url.pathname.slice(1).split('/').map(decodeURIComponent);
      return (
        url.host === 'a.example.com' &&
        url.search === '' &&
        url.hash === '' &&
        JSON.stringify(back) === JSON.stringify(segments)
      );
    }),
  );
});

t.test('query is added to what the URL has', async (t) => {
  const url = 'https://a.example.com/x?y=1';
  t.equal(
    targetOf({ url, query: { 'a b': 'c&d', list: [1, 'ü'], none: null } }).url.href,
    'https://a.example.com/x?y=1&a%20b=c%26d&list=1&list=%C3%BC&none=',
  );
  t.throws(() => targetOf({ url, query: { a: { b: 1 } } }), /a must be a text/);
});

t.test('any query comes back as it was written', async () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })),
      (query) => {
        const { url } = targetOf({ url: 'http://a/', query });
        const back = [...url.searchParams].map(([name, value]) => [name, value]);
        return JSON.stringify(back) === JSON.stringify(Object.entries(query));
      },
    ),
  );
});

t.test('credentials are kept apart from the URL', async (t) => {
  const target = targetOf({ url: 'https://me:s%40cret@a.example.com/x#part' });
  t.equal(target.url.href, 'https://a.example.com/x');
  t.equal(target.user, 'me');
  t.equal(target.password, 's@cret');
  t.equal(display(new URL('https://me:secret@a/x#y')), 'https://a/x');
  t.throws(() => targetOf({ url: 'ftp://me:secret@a/' }), {
    message: "'ftp://a/' is not a URL of http or https",
  });
  t.throws(() => targetOf({ url: 'nonsense' }), /is not a URL/);
});

t.test('a probe is of another URL, or another route of the same server', async (t) => {
  const base = targetOf({ url: 'https://me:secret@a.example.com/x?y=1' });
  t.equal(probeTarget({}, base).url.href, 'https://a.example.com/x?y=1');
  t.equal(probeTarget({ route: 'health' }, base).url.href, 'https://a.example.com/health');
  t.equal(probeTarget({ route: 'health' }, base).user, 'me');
  const other = probeTarget({ url: 'http://b/' }, base);
  t.equal(other.url.href, 'http://b/');
  t.equal(other.user, undefined);
});
