import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { ServerOptions } from 'node:https';
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { Connections, type Way } from '../../../ts/http/connections.js';
import type { HttpResource } from '../../../ts/http/resource.js';
import { send } from '../../../ts/http/send.js';
import { type Certificates, makeCertificates } from '../../support/certificates.js';
import { freePort } from '../../support/free-port.js';
import type { Answerer, Reply } from '../../support/http-server.js';
import { request } from './request.js';
import { prepare, serverFor } from './sending.js';

const own: Way = { own: true, fresh: false };
let dir: string;
let certificates: Certificates;

t.before(async () => {
  dir = t.testdir();
  certificates = await makeCertificates(dir);
});

/** The environment of one test: no proxy but what it says. */
function environment(t: Test, given: Record<string, string> = {}): void {
  const names = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
  for (const name of names.flatMap((each) => [each, each.toUpperCase()])) {
    const before = process.env[name];
    delete process.env[name];
    t.teardown(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
  Object.assign(process.env, given);
}

async function status(t: Test, given: Partial<HttpResource>): Promise<number> {
  const { call, sending } = prepare(t, given);
  return (await send(call, { accept: () => true }, sending)).status;
}

/** A proxy as others write them: requests as they are, and tunnels. */
async function proxy(t: Test, { refuses = 0 } = {}) {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method, url, headers }: IncomingMessage): void => {
    asked.push(`${method} ${url}`);
    authorizations.push(headers['proxy-authorization']);
  };
  const server = createServer((incoming, response) => {
    note(incoming);
    response.writeHead(refuses || 207).end();
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    note(incoming);
    if (refuses) return client.end(`HTTP/1.1 ${refuses} No\r\n\r\n`);
    const to = connect(Number(incoming.url?.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      to.pipe(client).pipe(to);
    });
    for (const socket of [to, client]) socket.on('error', () => undefined);
    sockets.add(to);
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, authorizations };
}

t.test('the same way has the same connections, another way others', async (t) => {
  environment(t);
  const connections = new Connections();
  t.teardown(() => connections.close());
  const resource = request();
  const first = connections.for(resource, 'http://a', own);
  t.equal(connections.for(request({ title: 'other', password: 'x' }), 'http://a', own), first);
  const others: [Partial<HttpResource>, string, Way][] = [
    [{}, 'http://b', own],
    [{}, 'http://a', { own: true, fresh: true }],
    [{ timeout: 6 }, 'http://a', own],
    [{ unix_socket: '/run/a' }, 'http://a', own],
    [{ proxy: 'http://p:3128' }, 'http://a', own],
    [{ ca_file: certificates.caFile }, 'http://a', own],
  ];
  const transports = others.map(([given, origin, way]) =>
    connections.for(request(given), origin, way),
  );
  t.equal(new Set([first, ...transports]).size, others.length + 1);
});

t.test('a fresh connection is one for each request, a kept one is for all', async (t) => {
  environment(t);
  const ports = new Set<number | undefined>();
  const server = await serverFor(t, (_, response) => {
    ports.add(response.socket?.remotePort);
    return {};
  });
  for (const [ensure, connected] of [
    ['get', 1],
    ['post', 3],
  ] as const) {
    ports.clear();
    const { call, sending } = prepare(t, { ensure, url: server.url });
    for (let i = 0; i < 3; i++) await send(call, { accept: () => true }, sending);
    t.equal(ports.size, connected, ensure);
  }
});

t.test('https trusts ca_file, and says what is wrong with a certificate', async (t) => {
  environment(t);
  const { caFile: ca_file, valid, expired, otherHost } = certificates;
  for (const [tls, given, expected] of [
    [valid, { ca_file }, 200],
    [valid, {}, /is from an unknown authority .*set ca_file/],
    [expired, { ca_file }, /has expired; renew it on the server/],
    [otherHost, { ca_file }, /is for another host; check the URL/],
  ] as const) {
    const server = await serverFor(t, () => ({}), { tls });
    const asked = status(t, { url: server.url, ...given });
    if (expected === 200) t.equal(await asked, 200);
    else await t.rejects(asked, { code: 'tls', message: expected });
  }
});

t.test('a client certificate is shown to the own server alone', async (t) => {
  environment(t);
  const { caFile: ca_file, valid } = certificates;
  const tls: ServerOptions = { ...valid, requestCert: true, rejectUnauthorized: false };
  const names: (string | undefined)[] = [];
  const naming =
    (reply: Reply): Answerer =>
    (_, { socket }) => {
      names.push((socket as TLSSocket).getPeerCertificate().subject?.CN as string | undefined);
      return reply;
    };
  const other = await serverFor(t, naming({}), { tls });
  const far = { status: 307, headers: { location: `${other.url}/` } };
  const server = await serverFor(t, naming(far), { tls });
  const shown = { client_cert: join(dir, 'valid.pem'), client_key: join(dir, 'valid.key') };
  await status(t, { url: server.url, ca_file, ...shown, follow_redirects: true });
  t.same(names, ['valid', undefined]);
});

t.test('files that do not serve are named', async (t) => {
  environment(t);
  const broken = join(dir, 'broken.pem');
  writeFileSync(broken, 'no certificate');
  const [client_cert, client_key] = [join(dir, 'valid.pem'), join(dir, 'valid.key')];
  for (const [given, message] of [
    [{ ca_file: '/no/such/file' }, /: cannot read ca_file: ENOENT/],
    [{ client_cert: dir, client_key }, /: cannot read client_cert: EISDIR/],
    [{ client_cert: broken, client_key }, /client_cert: .*broken.pem holds no certificate in PEM/],
    [
      { client_cert, client_key: join(dir, 'expired.key') },
      /client_key does not belong to client_cert/,
    ],
    [{ ca_file: broken }, /ca_file: .*broken.pem holds no certificate in PEM/],
  ] as const) {
    await t.rejects(status(t, { url: 'https://localhost:1/', ...given }), {
      code: 'tls_file',
      message,
    });
  }
});

t.test('an http proxy gets whole URLs, with its credentials; https a tunnel', async (t) => {
  environment(t);
  const way = await proxy(t);
  const named = way.url.replace('//', '//me:100%25@');
  const basic = `Basic ${Buffer.from('me:100%').toString('base64')}`;
  t.equal(await status(t, { url: 'http://a.invalid/x?y', proxy: named }), 207);
  const server = await serverFor(t, () => ({ status: 208 }), { tls: certificates.valid });
  const ca_file = certificates.caFile;
  t.equal(await status(t, { url: `${server.url}/x`, proxy: named, ca_file }), 208);
  t.same(way.asked, ['GET http://a.invalid/x?y', `CONNECT localhost:${server.port}`]);
  t.same(way.authorizations, [basic, basic]);
  t.equal(server.asked[0]?.headers['proxy-authorization'], undefined);
});

t.test('the environment names proxies, and where there are none', async (t) => {
  const way = await proxy(t);
  const server = await serverFor(t, () => ({}));
  environment(t, { http_proxy: way.url, no_proxy: 'localhost,.example.com' });
  t.equal(await status(t, { url: `${server.url}/` }), 207);
  t.equal(await status(t, { url: `http://localhost:${server.port}/` }), 200);
  process.env.no_proxy = '*';
  t.equal(await status(t, { url: `${server.url}/` }), 200);
  t.equal(await status(t, { url: `${server.url}/`, proxy: way.url }), 207, 'one of the manifest');
});

t.test('a proxy that refuses, or is none, is named', async (t) => {
  environment(t, { all_proxy: 'socks5://127.0.0.1:1' });
  const refusing = await proxy(t, { refuses: 403 });
  await t.rejects(status(t, { url: 'https://a.invalid/', proxy: refusing.url }), {
    code: 'proxy',
    message:
      'GET https://a.invalid/: the proxy refuses to connect (HTTP 403); check proxy and its rules',
  });
  await t.rejects(status(t, { url: 'http://a.invalid/' }), {
    code: 'proxy',
    message: /the proxy is not a URL of http or https; correct HTTPS_PROXY/,
  });
  const gone = `http://127.0.0.1:${await freePort()}`;
  for (const url of ['http://a.invalid/', 'https://a.invalid/']) {
    await t.rejects(status(t, { url, proxy: gone }), { code: 'proxy' });
  }
});

t.test('a proxy that is silent is no reason to wait for longer than timeout', async (t) => {
  environment(t);
  const silent = createTcp(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  for (const url of ['http://a.invalid/', 'https://a.invalid/']) {
    const begun = performance.now();
    await t.rejects(status(t, { url, proxy: `http://127.0.0.1:${port}`, timeout: 0.3 }), {
      code: 'timeout',
    });
    t.ok(performance.now() - begun < 3000, url);
  }
});

t.test('a unix socket is the own server, whatever the proxy', async (t) => {
  environment(t, { http_proxy: 'http://127.0.0.1:1' });
  const path = join(dir, 'socket');
  const asked: (string | undefined)[] = [];
  const server = createServer(({ headers, url }, response) => {
    asked.push(`${headers.host}${url}`);
    response.end();
  }).listen(path);
  await once(server, 'listening');
  t.equal(await status(t, { url: 'http://docker/v1/info', unix_socket: path }), 200);
  t.same(asked, ['docker/v1/info']);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await t.rejects(status(t, { url: 'http://docker/', unix_socket: path }), {
    code: 'socket',
    message: /nothing answers at .*; check unix_socket and the server/,
  });
});
