import { startDelay } from '../../../spec/support/delay.js';
import { type Finding, ratio } from '../../finding.js';
import { rounds } from '../../rounds.js';
import { coldContestants } from '../cold-contestants.js';
import { manyObjects } from '../many-objects.js';
import type { Stage } from '../stage.js';

const LATENCY_MS = 30;

/** A whole prefix into an empty directory, from a server that is far away. */
export async function latency(stage: Stage): Promise<Finding[]> {
  const objects = await manyObjects(stage);
  const far = await startDelay({ target: stage.rgw.endpoint, latencyMs: LATENCY_MS });
  try {
    const { ours, rclone } = coldContestants(stage, objects, far.endpoint);
    const times = await rounds(stage.options.pairs, { ours, rclone }, stage.tell);
    const work = `prefix of ${objects.keys.length} × 16 KiB, cold, ${LATENCY_MS} ms away`;
    const against = 'rclone copy, 32 transfers';
    return [ratio({ row: 'latency', work, against }, times.ours, times.rclone)];
  } finally {
    await far.stop();
  }
}
