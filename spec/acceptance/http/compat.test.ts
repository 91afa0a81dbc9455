import t from 'tap';
import { startHttpSite } from '../support/http-site.js';
import { outcome } from '../support/site.js';

/** How users of the first http type wrote it, and some still do. */
const MANIFEST = `
# GET http://your.domain.com:6969/the_route
http { 'the_route':
  ensure => get,
  fqdn   => 'your.domain.com',
  port   => '6969',
}

# POST http://your.domain.com:6969/my_api with a JSON body
http { 'my_api':
  ensure => post,
  fqdn   => 'your.domain.com',
  port   => '6969',
  data   => {
    'my_key'      => 'some_value',
    'another_key' => $facts['networking']['fqdn'],
  },
  header => 'application/json',
}

# In a last run stage, after the node is up: kick the listener on the server.
class profiles::update_loadbalancer {
  http { 'update_loadbalancer':
    ensure => get,
    port   => '6969',
    fqdn   => 'my.puppetmaster.com',
  }
}
`;

/** What a site has around it. */
const SITE = `
notify { 'the node is up': }
stage { 'last': require => Stage['main'] }
class { 'profiles::update_loadbalancer': stage => last }
`;

const site = await startHttpSite(t);
const { node, server } = site;
const origin = `http://127.0.0.1:${server.port}`;

/** Host and port aside. */
const here = (manifest: string): string =>
  manifest
    .replaceAll(/your\.domain\.com|my\.puppetmaster\.com/g, '127.0.0.1')
    .replaceAll('6969', String(server.port));

t.test('the manifests of the first http type work as they stand', async (t) => {
  const first = await node.apply(here(MANIFEST + SITE));
  t.equal(first.code, 2, first.stderr);
  t.same(site.lines(), ['GET /the_route', 'POST /my_api', 'GET /update_loadbalancer']);
  const [, post] = server.asked;
  t.equal(post?.headers['content-type'], 'application/json');
  const body = JSON.parse(post?.body ?? '') as Record<string, unknown>;
  t.equal(body.my_key, 'some_value');
  t.type(body.another_key, 'string');
  t.same(outcome(first, 'Http[the_route]').messages, [
    `sent: GET ${origin}/the_route → 200 (first time)`,
  ]);
  t.same(outcome(first, 'Http[my_api]').messages, [
    `sent: POST ${origin}/my_api → 200 (first time)`,
  ]);

  site.reset();
  const second = await node.apply(here(MANIFEST));
  t.equal(second.code, 0, second.stdout);
  t.same(site.lines(), []);
  t.equal(outcome(second, 'Http[my_api]').status, 'unchanged');
  t.notMatch(second.stdout, /http/i, 'not a word');
});

t.test('what comes in the last stage is sent last', async (t) => {
  const first = await node.apply(
    here(`${MANIFEST}${SITE}`.replaceAll('update_loadbalancer', 'another_loadbalancer')),
  );
  const order = first.logs.map(({ source }) => source);
  const [up, sent] = ['the node is up', 'Http[another_loadbalancer]'].map((text) =>
    order.findIndex((source) => source.includes(text)),
  ) as [number, number];
  t.ok(up >= 0 && up < sent, `${up} ${sent}`);
});

t.test('each value has its type on the wire', async (t) => {
  const manifest = `http { 'typed':
    ensure => post,
    fqdn   => '127.0.0.1',
    port   => ${server.port},
    data   => {
      'integer'  => 4,
      'negative' => -7,
      'large'    => 9007199254740993,
      'float'    => 1.5,
      'whole'    => 2.0,
      'text'     => '4',
      'true'     => true,
      'undef'    => undef,
      'list'     => [1, 'two', { 'three' => 3 }],
      'umlaut'   => 'ä → ✓',
      'empty'    => {},
    },
  }`;
  const applied = await node.apply(manifest);
  t.equal(applied.code, 2, applied.stderr);
  t.equal(
    site.asked('/typed')[0]?.body,
    '{"integer":4,"negative":-7,"large":9007199254740993,"float":1.5,"whole":2.0,"text":"4",' +
      '"true":true,"undef":null,"list":[1,"two",{"three":3}],"umlaut":"ä → ✓","empty":{}}',
  );
  const again = await node.apply(manifest);
  t.equal(again.code, 0, again.stdout);
});
