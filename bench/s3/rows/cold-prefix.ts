import { type Finding, ratio } from '../../finding.js';
import { rounds } from '../../rounds.js';
import { coldContestants } from '../cold-contestants.js';
import { manyObjects } from '../many-objects.js';
import { serverLimit } from '../server-limit.js';
import type { Stage } from '../stage.js';

/** A whole prefix into an empty directory. */
export async function coldPrefix(stage: Stage): Promise<Finding[]> {
  const objects = await manyObjects(stage);
  const times = await rounds(
    stage.options.pairs,
    {
      ...coldContestants(stage, objects, stage.rgw.endpoint),
      limit: () => serverLimit(stage, objects),
    },
    stage.tell,
  );
  const about = { row: 'cold-prefix', work: `prefix of ${objects.keys.length} × 16 KiB, cold` };
  return [
    ratio({ ...about, against: 'rclone copy, 32 transfers', bar: 1 }, times.ours, times.rclone),
    ratio({ ...about, against: 'aws s3 sync', bar: 0.45 }, times.ours, times.aws),
    ratio({ ...about, against: 's3cmd sync' }, times.ours, times.s3cmd),
    ratio({ ...about, against: "the server's own limit, by wrk" }, times.ours, times.limit),
  ];
}
