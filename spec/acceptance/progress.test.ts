import { randomBytes } from 'node:crypto';
import t from 'tap';
import { trickle } from '../support/faults/body.js';
import { said, startSite } from './support/site.js';

const site = await startSite(t);
const { bucket, proxy, node, path, s3 } = site;

t.test('a transfer that takes long tells every few seconds how far it is', async (t) => {
  const MIB = 2 ** 20;
  await bucket.putAll([
    ['slow', randomBytes(4 * MIB)],
    ['tree/a', randomBytes(2 * MIB)],
    ['tree/b', randomBytes(2 * MIB)],
    ['quick', 'quick\n'],
  ]);
  proxy.fault({ operation: 'GET_OBJECT', key: 'slow' }, trickle(MIB / 3));
  proxy.fault({ operation: 'GET_OBJECT', key: /^tree/ }, trickle(MIB / 4));
  const applied = await node.apply(s3('quick', 'quick') + s3('slow', 'slow') + s3('tree', 'tree/'));
  t.equal(applied.code, 2, applied.stderr);
  const info = said(applied, 'info');
  const told = (name: string) => info.filter((line) => line.startsWith(`${path(name)}: `));
  const line = /: [\d.]+ [KM]iB of 4\.0 MiB \((\d+) %\), ([\d.]+) KiB\/s$/;
  for (const [name, atLeast] of [
    ['slow', 2],
    ['tree', 1],
  ] as const) {
    const lines = told(name);
    t.ok(lines.length >= atLeast, lines.join('\n'));
    for (const text of lines) t.match(text, line);
    const percents = lines.map((text) => Number(line.exec(text)?.[1]));
    t.same(
      percents,
      [...percents].sort((a, b) => a - b),
    );
    const rate = Number(line.exec(lines.at(-1) ?? '')?.[2]);
    t.ok(rate > 200 && rate < 700, `${rate} KiB/s`);
  }
  t.same(told('quick'), []);
});
