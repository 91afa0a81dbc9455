import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Fault } from '../../../spec/support/fault.js';
import { generatedBucket, generatedObject } from '../../../spec/support/generated-bucket.js';
import { startProxy } from '../../../spec/support/proxy.js';
import { type Finding, memory } from '../../finding.js';
import type { Stage } from '../stage.js';

const PREFIX = 'many/';

/** What knowing that a prefix is in sync costs, as it grows. */
export async function peakMemory(stage: Stage): Promise<Finding[]> {
  return stage.withFresh(async (dir) => {
    const path = join(dir, 'out');
    const findings: Finding[] = [];
    let written = 0;
    for (const count of [20_000, 100_000, 200_000].map(stage.amount)) {
      for (; written < count; written++) writeObject(path, written);
      const server = await startProxy();
      server.fault({}, plainly(generatedBucket(count)));
      const check = async () => {
        const run = await stage.helper(join(dir, 'state'), {
          path,
          source: `s3://generated/${PREFIX}`,
          endpoint: server.endpoint,
        });
        if (run.change) throw new Error(`in sync, yet it did: ${run.change}`);
        stage.tell(`${count} in sync: ${run.peakMiB.toFixed(0)} MiB, ${run.ms.toFixed(0)} ms`);
        return run.peakMiB;
      };
      try {
        const adopted = await check();
        const known: number[] = [];
        while (known.length < stage.options.pairs) known.push(await check());
        const about = { row: 'memory', against: 'peak memory of the helper', bar: 200 };
        findings.push(
          memory({ ...about, work: `prefix of ${count}, in sync` }, known),
          memory({ ...about, work: `prefix of ${count}, in sync, ledger deleted` }, [adopted]),
        );
      } finally {
        await server.stop();
      }
    }
    return findings;
  });
}

/** Encoded, these listings lack the EncodingType that says so; their keys need no encoding. */
function plainly(bucket: Fault): Fault {
  return (request, server) => {
    const query = new URLSearchParams(request.query);
    query.delete('encoding-type');
    return bucket({ ...request, query }, server);
  };
}

function writeObject(root: string, n: number): void {
  const { key, body } = generatedObject(n);
  const file = join(root, key.slice(PREFIX.length));
  if (n % 1000 === 0) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, body);
}
