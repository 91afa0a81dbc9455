import { join } from 'node:path';
import type { Contestant } from '../rounds.js';
import { assertArrived } from './arrived.js';
import type { Objects } from './objects.js';
import { aws, rcloneMany, s3cmd } from './peers.js';
import type { Stage } from './stage.js';

type Name = 'ours' | 'rclone' | 'aws' | 's3cmd';

/** All who can bring a whole prefix into an empty directory, from the server or a way to it. */
export function coldContestants(
  stage: Stage,
  objects: Objects,
  endpoint: string,
): Record<Name, Contestant> {
  const from = `${stage.bucket.name}/${objects.prefix}`;
  const url = `s3://${from}`;
  const cold = (bring: (out: string, dir: string) => Promise<number>) => () =>
    stage.withFresh(async (dir) => {
      const out = join(dir, 'out');
      const ms = await bring(out, dir);
      assertArrived(out, objects);
      return ms;
    });
  return {
    ours: cold(async (path, dir) => {
      const run = await stage.helper(join(dir, 'state'), { path, source: url, endpoint });
      return run.ms;
    }),
    rclone: cold((out) => stage.peer(rcloneMany('copy', `r:${from}`, out), endpoint)),
    aws: cold((out) =>
      stage.peer(aws(endpoint, 's3', 'sync', '--only-show-errors', url, out), endpoint),
    ),
    s3cmd: cold((out) => stage.peer(s3cmd('sync', '--quiet', url, `${out}/`), endpoint)),
  };
}
