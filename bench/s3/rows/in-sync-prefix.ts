import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, ratio } from '../../finding.js';
import { rounds } from '../../rounds.js';
import { manyObjects } from '../many-objects.js';
import { aws, rcloneMany } from '../peers.js';
import type { Stage } from '../stage.js';

/** A whole prefix that is on disk already: how long it takes to know that. */
export async function inSyncPrefix(stage: Stage): Promise<Finding[]> {
  const objects = await manyObjects(stage);
  const { bucket, rgw } = stage;
  const source = `s3://${bucket.name}/${objects.prefix}`;
  return stage.withFresh(async (dir) => {
    const path = join(dir, 'ours');
    const [state, newState] = [join(dir, 'state'), join(dir, 'new-state')];
    const check = async (stateDir: string) => {
      const run = await stage.helper(stateDir, { path, source });
      if (run.change) throw new Error(`in sync, yet it did: ${run.change}`);
      return run.ms;
    };
    // Each in a directory of its own, as what it finds in sync is what it left there itself.
    const rclone = () =>
      stage.peer(
        rcloneMany('sync', '--checksum', `r:${bucket.name}/${objects.prefix}`, join(dir, 'rclone')),
      );
    const awsSync = () =>
      stage.peer(aws(rgw.endpoint, 's3', 'sync', '--only-show-errors', source, join(dir, 'aws')));
    await stage.helper(state, { path, source });
    await rclone();
    await awsSync();

    const times = await rounds(
      stage.options.pairs,
      {
        ours: () => check(state),
        rclone,
        'ours, no ledger': () => {
          rmSync(newState, { recursive: true, force: true });
          return check(newState);
        },
        aws: awsSync,
      },
      stage.tell,
    );
    const about = { row: 'in-sync-prefix', work: `prefix of ${objects.keys.length}, in sync` };
    const noLedger = { ...about, work: `${about.work}, ledger deleted` };
    return [
      ratio({ ...about, against: 'rclone sync --checksum', bar: 0.6 }, times.ours, times.rclone),
      ratio(
        { ...noLedger, against: 'rclone sync --checksum' },
        times['ours, no ledger'],
        times.rclone,
      ),
      ratio({ ...about, against: 'aws s3 sync (size and time only)' }, times.ours, times.aws),
    ];
  });
}
