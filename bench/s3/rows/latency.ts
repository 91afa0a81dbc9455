import { join } from 'node:path';
import { startDelay } from '../../../spec/support/delay.js';
import { type Finding, ratio } from '../../finding.js';
import { rounds } from '../../rounds.js';
import { assertArrived } from '../arrived.js';
import { manyObjects } from '../many-objects.js';
import { rcloneMany } from '../peers.js';
import type { Stage } from '../stage.js';

const LATENCY_MS = 30;

/** A whole prefix into an empty directory, from a server that is far away. */
export async function latency(stage: Stage): Promise<Finding[]> {
  const objects = await manyObjects(stage);
  const { bucket, rgw } = stage;
  const far = await startDelay({ target: rgw.endpoint, latencyMs: LATENCY_MS });
  try {
    const cold = (bring: (dir: string) => Promise<number>) => () =>
      stage.withFresh(async (dir) => {
        const ms = await bring(dir);
        assertArrived(join(dir, 'out'), objects);
        return ms;
      });
    const times = await rounds(
      stage.options.pairs,
      {
        ours: cold(async (dir) => {
          const run = await stage.helper(join(dir, 'state'), {
            path: join(dir, 'out'),
            source: `s3://${bucket.name}/${objects.prefix}`,
            endpoint: far.endpoint,
          });
          return run.ms;
        }),
        rclone: cold((dir) =>
          stage.peer(
            rcloneMany('copy', `r:${bucket.name}/${objects.prefix}`, join(dir, 'out')),
            far.endpoint,
          ),
        ),
      },
      stage.tell,
    );
    return [
      ratio(
        {
          row: 'latency',
          work: `prefix of ${objects.keys.length} × 16 KiB, cold, ${LATENCY_MS} ms away`,
          against: 'rclone copy, 32 transfers',
        },
        times.ours,
        times.rclone,
      ),
    ];
  } finally {
    await far.stop();
  }
}
