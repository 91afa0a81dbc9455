import t from 'tap';
import { startDelay } from '../../support/delay.js';
import { textReply } from '../../support/fault.js';
import { startProxy } from '../../support/proxy.js';

t.test('answers come later, whole, and side by side', async (t) => {
  const text = 'abcdefgh'.repeat(2 ** 15);
  const server = await startProxy();
  t.teardown(() => server.stop());
  server.fault({}, () => textReply(200, text));
  const delay = await startDelay({ target: server.endpoint, latencyMs: 100 });
  t.teardown(() => delay.stop());

  const start = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 8 }, async () => (await fetch(delay.endpoint)).text()),
  );
  const took = performance.now() - start;
  t.ok(answers.every((answer) => answer === text));
  t.ok(took >= 95 && took < 750, `${took} ms`);
});

t.test('a server that is not there closes the connection', async (t) => {
  const server = await startProxy();
  await server.stop();
  const delay = await startDelay({ target: server.endpoint, latencyMs: 1 });
  t.teardown(() => delay.stop());
  await t.rejects(fetch(delay.endpoint));
});
