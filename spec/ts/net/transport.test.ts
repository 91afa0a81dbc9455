import t from 'tap';
import { decoded } from '../../../ts/net/decoded.js';
import { hasNotLeft, header, Transport } from '../../../ts/net/transport.js';
import { freePort } from '../../support/free-port.js';
import { startHttpServer } from '../../support/http-server.js';

const timeouts = { connectMs: 2000, idleMs: 2000 };
const get = { method: 'GET', path: '/', headers: {} };

t.test('it is known whether a request that failed has left', async (t) => {
  const server = await startHttpServer((_, response) => {
    response.destroy();
    return undefined;
  });
  t.teardown(() => server.stop());
  const sent = new Transport(server.url, { connections: 1, timeouts });
  t.teardown(() => sent.close());
  t.notOk(hasNotLeft(await sent.send(get).catch((error: unknown) => error)));

  const refused = new Transport(`http://127.0.0.1:${await freePort()}`, {
    connections: 1,
    timeouts,
  });
  t.teardown(() => refused.close());
  t.ok(hasNotLeft(await refused.send(get).catch((error: unknown) => error)));

  const asked = server.asked.length;
  const signal = AbortSignal.abort(new Error('too late'));
  const early = await sent.send({ ...get, signal }).catch((error: unknown) => error);
  t.match(early, { message: 'too late' });
  t.ok(hasNotLeft(early));
  t.equal(server.asked.length, asked, 'nothing was sent');
  for (const other of [undefined, null, 'a text', new Error('of another')]) {
    t.notOk(hasNotLeft(other));
  }
});

t.test('a request that waits for another is ended by its signal, and not sent', async (t) => {
  let release = (): void => undefined;
  const server = await startHttpServer(
    () =>
      new Promise((resolve) => {
        release = () => resolve({ body: 'late' });
      }),
  );
  t.teardown(() => server.stop());
  const transport = new Transport(server.url, { connections: 1, timeouts });
  t.teardown(() => transport.close());
  const first = transport.send(get);
  const signal = AbortSignal.timeout(100);
  const second = await transport.send({ ...get, signal }).catch((error: unknown) => error);
  t.match(second, { name: 'TimeoutError' });
  t.ok(hasNotLeft(second));
  release();
  t.equal((await first).body.toString(), 'late');
  t.equal(server.asked.length, 1);
});

t.test('of a header that came twice, the first', async (t) => {
  t.equal(header({ a: ['1', '2'], b: '3' }, 'a'), '1');
  t.equal(header({ a: ['1', '2'], b: '3' }, 'b'), '3');
  t.equal(header({}, 'a'), undefined);
});

t.test('a percent sign that encodes nothing is one', async (t) => {
  t.equal(decoded('a%20b'), 'a b');
  t.equal(decoded('100%'), '100%');
});
