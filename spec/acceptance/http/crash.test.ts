import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { type Certificates, makeCertificates } from '../../support/certificates.js';
import { freePort } from '../../support/free-port.js';
import { startHttpServer } from '../../support/http-server.js';
import { startHttpSite } from '../support/http-site.js';
import { type Attributes, hash } from '../support/manifest.js';
import type { Applied, Running } from '../support/puppet.js';
import { outcome } from '../support/site.js';

const site = await startHttpSite(t);
const { node, http, on } = site;
const certificates: Certificates = await makeCertificates(node.dir);

const keys = (path: string) => site.asked(path).map(({ headers }) => headers['idempotency-key']);

async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (existsSync(`/proc/${pid}`)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} is still there`);
    await sleep(20);
  }
}

/** Kills once a promise is kept: the helper, or puppet alone, or both. */
function killed(
  manifest: string,
  midway: Promise<unknown>,
  victims: ('helper' | 'puppet')[],
): Promise<Applied> {
  return node.apply(manifest, {
    during: async (running: Running) => {
      const helper = await running.descendant('http.cjs');
      await midway;
      for (const victim of victims)
        process.kill(victim === 'helper' ? helper : running.pid, 'SIGKILL');
      await gone(helper);
    },
  });
}

/** A path that holds its first answer back for good. */
function holding(path: string): Promise<void> {
  return new Promise((arrived) => {
    let first = true;
    on(path, () => {
      if (!first) return { status: 201 };
      first = false;
      arrived();
      return undefined;
    });
  });
}

const order = (n: number, more: Attributes = {}): Attributes => ({
  ensure: 'post',
  data: hash({ seats: n }),
  idempotency_key: true,
  ...more,
});

for (const victims of [['helper'], ['puppet'], ['puppet', 'helper']] as ('helper' | 'puppet')[][]) {
  const name = `killed-${victims.join('-')}`;
  t.test(`${victims.join(' and ')} killed between sending and recording`, async (t) => {
    const manifest = http(name, order(1)) + http(`${name}-next`, { ensure: 'post' });
    const applied = await killed(manifest, holding(`/${name}`), victims);
    t.equal(keys(`/${name}`).length, 1);
    if (victims.includes('puppet')) t.equal(applied.code, null);
    else {
      t.equal(applied.code, 6, applied.stderr);
      t.match(outcome(applied, `Http[${name}]`).errors, [/the http helper died: pid \d+ SIGKILL/]);
      t.equal(outcome(applied, `Http[${name}-next]`).status, 'changed', 'the others go on');
    }
    const next = await node.apply(manifest);
    t.equal(next.code, 2, next.stderr);
    t.match(outcome(next, `Http[${name}]`).messages, [
      /→ 201 \(the last attempt came to no end\)$/,
    ]);
    const [first, second, ...more] = keys(`/${name}`);
    t.match(first, /^[0-9a-f-]{36}$/);
    t.equal(second, first, 'the same key came again');
    t.same(more, []);
    t.equal((await node.apply(manifest)).code, 0);
    t.equal(keys(`/${name}`).length, 2);
  });
}

t.test(
  'killed between writing the key and sending: the key on disk is the one that comes',
  async (t) => {
    const port = await freePort();
    const sockets: Socket[] = [];
    // It takes the connection and never shakes hands, so that no request can leave.
    const mute = createTcpServer((socket) => sockets.push(socket.on('error', () => undefined)));
    mute.listen(port, '127.0.0.1');
    await once(mute, 'listening');
    const manifest = http('never-left', {
      url: `https://localhost:${port}/never-left`,
      ca_file: certificates.caFile,
      ...order(1),
    });
    const applied = await killed(manifest, once(mute, 'connection'), ['puppet', 'helper']);
    t.equal(applied.code, null);
    const closed = once(mute, 'close');
    mute.close();
    for (const socket of sockets) socket.destroy();
    await closed;
    const ledger = readFileSync(join(site.ledger, 'http', 'sent.jsonl'), 'utf8');
    const server = await startHttpServer(() => ({ status: 201 }), {
      tls: certificates.valid,
      port,
    });
    t.teardown(() => server.stop());
    const next = await node.apply(manifest);
    t.equal(next.code, 2, next.stderr);
    t.equal(server.asked.length, 1);
    const key = server.asked[0]?.headers['idempotency-key'] as string;
    t.match(key, /^[0-9a-f-]{36}$/);
    t.ok(ledger.includes(key));
  },
);

t.test('a changed payload gets a new key, and so does the next intent', async (t) => {
  const arrived = holding('/changing');
  await killed(http('changing', order(1)), arrived, ['puppet', 'helper']);
  await node.apply(http('changing', order(2)));
  const [first, second] = keys('/changing');
  t.ok(first && second && first !== second, `${first} ${second}`);
  t.same(
    site.asked('/changing').map(({ body }) => body),
    ['{"seats":1}', '{"seats":2}'],
  );

  const always = http('each-time', order(1, { send: 'always' }));
  await node.apply(always);
  await node.apply(always);
  t.equal(new Set(keys('/each-time')).size, 2);
});

t.test('a key of one’s own, and a header of one’s own', async (t) => {
  const applied = await node.apply(
    http('own-key', order(1, { idempotency_key: 'order-4711', idempotency_header: 'X-Once' })),
  );
  t.equal(applied.code, 2, applied.stderr);
  t.equal(site.asked('/own-key')[0]?.headers['x-once'], 'order-4711');
});

t.test('409 waits, 422 fails, and a cut connection is tried again with the same key', async (t) => {
  const fails: Record<string, number> = { '/conflict': 409, '/unprocessable': 422 };
  for (const [path, status] of Object.entries(fails)) {
    on(path, () => (site.asked(path).length <= 2 ? { status } : { status: 201 }));
  }
  on('/cut', (_asked, response) => {
    if (site.asked('/cut').length > 1) return { status: 201 };
    response.socket?.destroy();
    return undefined;
  });
  on('/without-key', () => ({ status: 409 }));
  const quickly = { retry_delay: 0.1 };
  const applied = await node.apply(
    ['conflict', 'unprocessable', 'cut'].map((name) => http(name, order(1, quickly))).join('') +
      http('without-key', { ensure: 'post' }),
  );
  t.equal(applied.code, 6, applied.stderr);
  t.equal(outcome(applied, 'Http[conflict]').status, 'changed');
  t.equal(keys('/conflict').length, 3);
  t.equal(new Set(keys('/conflict')).size, 1);
  t.equal(outcome(applied, 'Http[cut]').status, 'changed');
  t.equal(keys('/cut').length, 2);
  t.equal(new Set(keys('/cut')).size, 1);
  t.equal(keys('/unprocessable').length, 1);
  t.match(outcome(applied, 'Http[unprocessable]').errors, [
    /HTTP 422, an empty body; the server does not accept the data; with an idempotency_key, also if the same key came with other data before$/,
  ]);
  t.equal(site.asked('/without-key').length, 1);
  t.match(outcome(applied, 'Http[without-key]').errors, [/HTTP 409, .*it is in conflict/]);
});

t.test('what a killed run leaves of the ledger is read by the next', async (t) => {
  t.same(
    readdirSync(join(site.ledger, 'http')).filter((name) => !['key', 'sent.jsonl'].includes(name)),
    [],
  );
});
