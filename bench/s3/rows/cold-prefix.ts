import { join } from 'node:path';
import { type Finding, ratio } from '../../finding.js';
import { rounds } from '../../rounds.js';
import { assertArrived } from '../arrived.js';
import { manyObjects } from '../many-objects.js';
import { aws, rcloneMany, s3cmd } from '../peers.js';
import { serverLimit } from '../server-limit.js';
import type { Stage } from '../stage.js';

/** A whole prefix into an empty directory. */
export async function coldPrefix(stage: Stage): Promise<Finding[]> {
  const objects = await manyObjects(stage);
  const { bucket, rgw } = stage;
  const url = `s3://${bucket.name}/${objects.prefix}`;
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
          source: url,
        });
        return run.ms;
      }),
      rclone: cold((dir) =>
        stage.peer(rcloneMany('copy', `r:${bucket.name}/${objects.prefix}`, join(dir, 'out'))),
      ),
      limit: () => serverLimit(stage, objects),
      aws: cold((dir) =>
        stage.peer(aws(rgw.endpoint, 's3', 'sync', '--only-show-errors', url, join(dir, 'out'))),
      ),
      s3cmd: cold((dir) => stage.peer(s3cmd('sync', '--quiet', url, `${join(dir, 'out')}/`))),
    },
    stage.tell,
  );
  const about = { row: 'cold-prefix', work: `prefix of ${objects.keys.length} × 16 KiB, cold` };
  return [
    ratio({ ...about, against: 'rclone copy, 32 transfers', bar: 1.0 }, times.ours, times.rclone),
    ratio({ ...about, against: 'aws s3 sync', bar: 0.45 }, times.ours, times.aws),
    ratio({ ...about, against: 's3cmd sync' }, times.ours, times.s3cmd),
    ratio({ ...about, against: "the server's own limit, by wrk" }, times.ours, times.limit),
  ];
}
