import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { makeCertificates } from '../../support/certificates.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { freePort } from '../../support/free-port.js';
import { startHttpServer } from '../../support/http-server.js';
import { startHttpSite } from '../support/http-site.js';
import { hash, resource } from '../support/manifest.js';
import type { Running } from '../support/puppet.js';
import { outcome } from '../support/site.js';

const site = await startHttpSite(t);
const { node, http, on, server } = site;
const origin = `http://127.0.0.1:${server.port}`;

/** Puppet repeats what it was told after what it was about; the cause is what we say. */
const cause = (error: string): string => error.replace(/^change from .*? failed: /s, '');

t.test('whatever is wrong is one line that says what to do, and others go on', async (t) => {
  const tlsDir = join(node.dir, 'tls');
  mkdirSync(tlsDir);
  const certificates = await makeCertificates(tlsDir);
  const tls = await Promise.all(
    (['valid', 'expired', 'otherHost'] as const).map((name) =>
      startHttpServer(() => ({}), { tls: certificates[name] }),
    ),
  );
  const [valid, expired, otherHost] = tls as [(typeof tls)[0], (typeof tls)[0], (typeof tls)[0]];
  const [refusing, silent] = await Promise.all([
    startForwardProxy({ refuse: 403 }),
    startForwardProxy({ silent: true }),
  ]);
  const closed = await freePort();
  const sockets: Socket[] = [];
  const babbling = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2p1\r\n');
  });
  babbling.listen(0, '127.0.0.1');
  await once(babbling, 'listening');
  const { port: babble } = babbling.address() as { port: number };
  t.teardown(async () => {
    await Promise.all([...tls, refusing, silent].map((one) => one.stop()));
    for (const socket of sockets) socket.destroy();
    babbling.close();
  });
  on('/text', () => ({ body: 'it works\nindeed' }));
  on('/html', () => ({ body: '<html>', headers: { 'content-type': 'text/html' } }));
  on('/nothing', () => ({ status: 204 }));
  on('/odd-location', () => ({ status: 302, headers: { location: 'http://[bad' } }));
  on('/colours', () => ({ status: 400, body: '\u001b[31mred\u001b[0m\u202e' }));
  const ca_file = certificates.caFile;
  const url = (port: number, scheme = 'http') => `${scheme}://127.0.0.1:${port}/x`;
  const cases: Record<string, [string, RegExp]> = {
    'unknown host': [
      http('unknown host', { url: 'http://no-such-host.invalid/x', retries: 0 }),
      /^GET http:\/\/no-such-host\.invalid\/x: the host name cannot be resolved \(\w+\); check the URL and DNS$/,
    ],
    'refused port': [
      http('refused port', { url: url(closed), retries: 0 }),
      /^GET \S+: connection refused; is the server running, are host and port right\?$/,
    ],
    'line break in a header': [
      http('line break in a header', { header: { code: `{ 'X-A' => "a\\r\\nX-Evil: b" }` } }),
      /^header: the value of X-A has a line break or another character that no header can hold$/,
    ],
    'no name of a header': [
      http('no name of a header', { header: hash({ 'X A': 'a' }) }),
      /^header: "X A" is not a header's name$/,
    ],
    'line break in a header’s name': [
      http('line break in a header’s name', { header: { code: `{ "X\\r\\nX-Evil" => 'a' }` } }),
      /^header: "X\\r\\nX-Evil" is not a header's name$/,
    ],
    'header of the connection': [
      http('header of the connection', { header: hash({ 'Content-Length': '5' }) }),
      /^header: Content-Length is set by the connection itself$/,
    ],
    'no JSON': [
      http('no JSON', { route: 'text', expect: hash({ a: 1 }) }),
      /^GET \S+ → 200: the answer should be JSON and is not: it works indeed; check the URL, and that it answers with JSON$/,
    ],
    'no JSON from a probe': [
      http('no JSON from a probe', { unless: hash({ route: 'html', json: hash({ a: 1 }) }) }),
      /^GET \S+\/html: the answer should be JSON and is not: <html>; check the URL, and that it answers with JSON$/,
    ],
    'empty where JSON should be': [
      http('empty where JSON should be', { route: 'nothing', expect: hash({ a: 1 }) }),
      /^GET \S+ → 204: the answer should be JSON and is empty; check the URL, and that it answers with JSON$/,
    ],
    'an odd redirect': [
      http('an odd redirect', { route: 'odd-location', follow_redirects: true }),
      /^GET \S+: \S+ redirects to nowhere, which is not followed: it must be http or https/,
    ],
    'colours of a terminal': [
      http('colours of a terminal', { route: 'colours' }),
      /^GET \S+: HTTP 400, "\\u001b\[31mred\\u001b\[0m\\u202e"; the server does not understand/,
    ],
    'expired certificate': [
      http('expired certificate', { url: url(expired.port, 'https'), ca_file, retries: 0 }),
      /^GET \S+: the server's certificate has expired; renew it on the server$/,
    ],
    'certificate of another host': [
      http('certificate of another host', {
        url: url(otherHost.port, 'https'),
        ca_file,
        retries: 0,
      }),
      /^GET \S+: the server's certificate is for another host; check the URL$/,
    ],
    'unknown authority': [
      http('unknown authority', { url: url(valid.port, 'https') }),
      /^GET \S+: the server's certificate is from an unknown authority \(\w+\); set ca_file$/,
    ],
    'https to a port of http': [
      http('https to a port of http', { url: url(server.port, 'https'), retries: 0 }),
      /^GET \S+: TLS failed \(.*\); does it speak TLS on this port\?$/,
    ],
    'http to a port of https': [
      http('http to a port of https', { url: url(valid.port), retries: 0 }),
      /^GET \S+: .*; .*https/,
    ],
    'no http at all': [
      http('no http at all', { url: url(babble), retries: 0 }),
      /^GET \S+: .*; .*(HTTP|port)/,
    ],
    'a proxy that refuses': [
      http('a proxy that refuses', {
        url: url(valid.port, 'https'),
        ca_file,
        proxy: refusing.url,
        retries: 0,
      }),
      /^GET \S+: the proxy refuses to connect \(HTTP 403\); check proxy and its rules$/,
    ],
    'no proxy there': [
      http('no proxy there', { url: origin, proxy: `http://127.0.0.1:${closed}`, retries: 0 }),
      /^GET \S+: .*proxy/,
    ],
    'no proxy there for a tunnel': [
      http('no proxy there for a tunnel', {
        url: url(valid.port, 'https'),
        ca_file,
        proxy: `http://127.0.0.1:${closed}`,
        retries: 0,
      }),
      /^GET \S+: .*proxy/,
    ],
    'a proxy that says nothing': [
      http('a proxy that says nothing', {
        url: url(valid.port, 'https'),
        ca_file,
        proxy: silent.url,
        retries: 0,
        timeout: 2,
      }),
      /^GET \S+: no answer within 2 s; look at the server, or raise timeout/,
    ],
    'a query in the title': [
      http('path?a=b'),
      /^the route 'path\?a=b' has a \? or #; what follows a \? belongs into query, and a whole URL into url$/,
    ],
    'a URL of ftp': [
      http('a URL of ftp', { url: 'ftp://u:pass@example.com/x' }),
      /^'ftp:\/\/example\.com\/x' is not a URL of http or https$/,
    ],
    'no host': [
      resource('http', 'no host', { fqdn: 'a b' }),
      /^fqdn 'a b' is not the name of a host$/,
    ],
    'a text as JSON of a form': [
      http('a text as JSON of a form', {
        ensure: 'post',
        data: { code: '[1]' },
        header: 'application/x-www-form-urlencoded',
      }),
      /^data must be a Hash to be sent as a form$/,
    ],
  };
  const manifest = Object.values(cases).map(([code]) => code);
  const applied = await node.apply(`${manifest.join('')}${http('after all')}`);
  t.equal(applied.code, 6, applied.stdout);
  t.equal(outcome(applied, 'Http[after all]').status, 'changed');
  t.ok(applied.ms < 60_000, `${applied.ms}`);
  for (const [name, [, message]] of Object.entries(cases)) {
    const title = name === 'a query in the title' ? 'path?a=b' : name;
    const { status, errors } = outcome(applied, `Http[${title}]`);
    t.equal(status, 'failed', name);
    const own = errors.filter((error) => !error.startsWith('Could not evaluate'));
    t.match(
      [...own.map(cause), ...errors.map((error) => error.replace('Could not evaluate: ', ''))][0],
      message,
      name,
    );
    t.notMatch(errors.join(), /\n/, name);
  }

  const alone = await node.apply(cases['refused port']?.[0] ?? '');
  t.equal(alone.code, 4);
});

t.test('what a manifest can be seen to be wrong by ends the run before it begins', async (t) => {
  const wrong: Record<string, [string, RegExp]> = {
    'a body with get': [
      http('a', { data: hash({ n: 1 }) }),
      /get has no body: put data into query, or use another ensure/,
    ],
    'no server': [resource('http', 'a'), /fqdn or url is needed/],
    port: [http('a', { port: 70000 }), /port must be a number from 1 to 65535, not '70000'/],
    'a probe that changes something': [
      http('a', { unless: hash({ method: 'post' }) }),
      /the method of unless must be one of get, head, options/,
    ],
    'a probe’s misspelt key': [
      http('a', { unless: hash({ jsn: '1' }) }),
      /unless has no jsn: it may have url, route/,
    ],
    'both of url and fqdn': [
      http('a', { url: 'http://x/', fqdn: 'y' }),
      /url and fqdn cannot both be set/,
    ],
    'half a certificate': [http('a', { client_cert: '/x' }), /client_cert needs client_key/],
    'verify alone': [http('a', { verify: true }), /verify needs unless/],
    status: [
      http('a', { status: 99 }),
      /status must be an HTTP status such as 200, or several, not '99'/,
    ],
    timeout: [http('a', { timeout: 0 }), /timeout must be a number of seconds, not '0'/],
  };
  for (const [name, [manifest, message]] of Object.entries(wrong)) {
    const applied = await node.apply(manifest);
    t.equal(applied.code, 1, name);
    t.match(applied.stderr, message, name);
  }
});

/** The most memory that a process has ever had, as long as it can be asked. */
async function peakMemory(running: Running): Promise<number> {
  const pid = await running.descendant('http.cjs');
  let peak = 0;
  for (;;) {
    try {
      const [, kilobytes] =
        /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
      if (!kilobytes) return peak;
      peak = Number(kilobytes) * 1024;
    } catch {
      return peak;
    }
    await sleep(20);
  }
}

t.test('an answer of 10 GB costs neither memory nor time', async (t) => {
  const GIB = 2 ** 30;
  let sent = 0;
  for (const path of ['/endless', '/endless-json', '/endless-failure']) {
    on(path, (_asked, response) => {
      response.writeHead(path === '/endless-failure' ? 400 : 200, {
        'content-length': String(10 * GIB),
      });
      const chunk = Buffer.alloc(2 ** 20, 'x');
      const more = (): void => {
        while (!response.destroyed && sent < 10 * GIB) {
          sent += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
      };
      response.on('error', () => undefined);
      more();
      return undefined;
    });
  }
  let peak = 0;
  const applied = await node.apply(
    http('endless') +
      http('endless-json', { expect: hash({ a: 1 }) }) +
      http('endless-failure') +
      http('after'),
    {
      during: async (running) => {
        peak = await peakMemory(running);
      },
    },
  );
  t.equal(applied.code, 6, applied.stderr);
  t.equal(outcome(applied, 'Http[endless]').status, 'changed', 'its status is all that was asked');
  t.match(outcome(applied, 'Http[endless-json]').errors, [
    /the answer should be JSON and is longer than 10 MiB; ask for less of it$/,
  ]);
  t.match(outcome(applied, 'Http[endless-failure]').errors, [
    /HTTP 400, x{200}…; the server does not understand/,
  ]);
  t.equal(outcome(applied, 'Http[after]').status, 'changed');
  t.ok(sent < GIB / 4, `${sent} bytes were sent`);
  t.ok(peak > 0 && peak < GIB / 4, `${peak} bytes of memory`);
  t.ok(applied.ms < 30_000, `${applied.ms}`);
});
