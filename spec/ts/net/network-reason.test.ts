import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { networkReason } from '../../../ts/net/network-reason.js';
import { Transport } from '../../../ts/net/transport.js';
import { freePort } from '../../support/free-port.js';

/** Why a real request to this origin got no answer. */
async function why(t: Test, origin: string, idleMs = 5000): Promise<[string, string]> {
  const transport = new Transport(origin, {
    connections: 1,
    timeouts: { connectMs: 5000, idleMs },
  });
  t.teardown(() => transport.close());
  try {
    await transport.send({ method: 'GET', path: '/', headers: {} });
  } catch (error) {
    return networkReason(error, { origin, attribute: 'the URL' });
  }
  throw new Error('it was answered');
}

/** A server that says this to whoever connects, and hangs up. */
async function saying(t: Test, text: string | undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (text !== undefined) socket.end(text);
    });
    t.teardown(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('each failure has a code, and one line that says what to do', async (t) => {
  t.match(await why(t, 'http://host.invalid'), ['unknown_host', /; check the URL and DNS$/]);
  t.match(await why(t, `http://127.0.0.1:${await freePort()}`), [
    'connection_refused',
    /is the server running/,
  ]);
  t.match(await why(t, `http://127.0.0.1:${await saying(t, 'SSH-2.0-x\r\n')}`), [
    'no_http',
    /^what came is not HTTP .*; check the URL, its port, and whether TLS is meant$/,
  ]);
  t.match(await why(t, `http://127.0.0.1:${await saying(t, '')}`), [
    'connection_lost',
    /the connection was cut/,
  ]);
  t.match(await why(t, `https://127.0.0.1:${await saying(t, 'HTTP/1.1 400 Bad\r\n\r\n')}`), [
    'tls',
    /does it speak TLS on this port\?$/,
  ]);
  t.match(await why(t, `http://127.0.0.1:${await saying(t, undefined)}`, 200), [
    'timeout',
    /went silent/,
  ]);
});

t.test('what is not known is told as it is', async (t) => {
  const peer = { origin: 'http://a', attribute: 'the URL' };
  t.same(networkReason(Object.assign(new Error('odd'), { code: 'EODD' }), peer), [
    'network',
    'odd (EODD)',
  ]);
  t.same(networkReason('a text', peer), ['network', 'a text']);
});
