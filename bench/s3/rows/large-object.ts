import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, memory, ratio } from '../../finding.js';
import { rounds } from '../../rounds.js';
import { median } from '../../statistics.js';
import { aws, rclone } from '../peers.js';
import type { Stage } from '../stage.js';

const MIB = 2 ** 20;

/** One large object into an empty directory, uploaded in parts and in one piece. */
export async function largeObject(stage: Stage): Promise<Finding[]> {
  const mib = stage.options.quick ? 128 : 1024;
  const { bucket, rgw } = stage;
  await stage.withFresh(async (dir) => {
    const file = join(dir, 'file');
    writeRandom(file, mib);
    const url = `s3://${bucket.name}/large/in-parts`;
    await stage.peer(aws(rgw.endpoint, 's3', 'cp', '--only-show-errors', file, url));
    const put = ['s3api', 'put-object', '--bucket', bucket.name, '--key', 'large/in-one'];
    await stage.peer(aws(rgw.endpoint, ...put, '--body', file));
  });
  const size = mib >= 1024 ? `${mib / 1024} GiB` : `${mib} MiB`;
  return [
    ...(await bring(stage, 'large/in-parts', mib, `${size} object in parts of 8 MiB, cold`)),
    ...(await bring(stage, 'large/in-one', mib, `${size} object in one piece, cold`)),
  ];
}

async function bring(stage: Stage, key: string, mib: number, work: string): Promise<Finding[]> {
  const { bucket, rgw } = stage;
  const source = `s3://${bucket.name}/${key}`;
  const peaks: number[] = [];
  const cold = (fetch: (path: string, dir: string) => Promise<number>) => () =>
    stage.withFresh(async (dir) => {
      const path = join(dir, 'file');
      const ms = await fetch(path, dir);
      if (statSync(path).size !== mib * MIB) throw new Error(`${path} is not whole`);
      return ms;
    });
  const times = await rounds(
    stage.options.pairs,
    {
      ours: cold(async (path, dir) => {
        const run = await stage.helper(join(dir, 'state'), { path, source });
        peaks.push(run.peakMiB);
        return run.ms;
      }),
      aws: cold((path) =>
        stage.peer(aws(rgw.endpoint, 's3', 'cp', '--only-show-errors', source, path)),
      ),
      rclone: cold((path) => stage.peer(rclone('copyto', `r:${bucket.name}/${key}`, path))),
    },
    stage.tell,
  );
  const about = { row: 'large-object', work };
  const typical = (name: 'aws' | 'rclone') => median(times[name].map(({ ms }) => ms));
  const faster = typical('aws') < typical('rclone') ? 'aws' : 'rclone';
  const against = (name: 'aws' | 'rclone', command: string) =>
    ratio(
      { ...about, against: command, ...(name === faster ? { bar: 1.0 } : {}) },
      times.ours,
      times[name],
    );
  return [
    against('aws', 'aws s3 cp'),
    against('rclone', 'rclone copyto'),
    memory({ ...about, against: 'peak memory of the helper', bar: 200 }, peaks),
  ];
}

function writeRandom(file: string, mib: number): void {
  const fd = openSync(file, 'w');
  const chunk = Buffer.alloc(MIB);
  for (let i = 0; i < mib; i++) writeSync(fd, randomFillSync(chunk));
  closeSync(fd);
}
