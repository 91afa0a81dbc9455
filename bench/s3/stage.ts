import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Rgw, startRgw } from '../../spec/support/rgw.js';
import { type Bucket, type S3Admin, s3Admin } from '../../spec/support/s3-admin.js';
import { scratchDir } from '../../spec/support/scratch-dir.js';
import type { S3Resource } from '../../ts/s3/resource.js';
import { type Command, runCommand } from '../command.js';
import { type HelperRun, runHelper } from '../helper-process.js';
import type { Options } from '../options.js';
import type { Opened } from '../suite.js';
import { type Objects, putObjects } from './objects.js';
import { peerEnv } from './peers.js';

/** A server with objects in it, and all that a row needs to measure clients of it. */
export interface Stage extends Opened {
  options: Options;
  rgw: Rgw;
  bucket: Bucket;
  /** Of the full run, or a tenth of it with --quick. */
  amount(full: number): number;
  /** Puts the objects of this name when they are first asked for. */
  objects(name: string, count: number, bytes: number): Promise<Objects>;
  /** An empty directory, which is removed afterwards. */
  withFresh<Result>(use: (dir: string) => Promise<Result>): Promise<Result>;
  /** Runs a peer, by another way to the server if one is given; tells its wall time. */
  peer(command: Command, endpoint?: string): Promise<number>;
  /** What leads a peer to the server. */
  peerEnv(endpoint?: string): Record<string, string>;
  helper(stateDir: string, resource: Partial<S3Resource>): Promise<HelperRun>;
}

export async function openStage(options: Options): Promise<Stage> {
  const rgw = await startRgw({ storeBytes: 8 * 2 ** 30 });
  const scratch = scratchDir('webhook-bench');
  const admin: S3Admin = s3Admin(rgw);
  const bucket = await admin.makeBucket('bench');
  await bucket.allowAnyone('s3:GetObject');
  const home = join(scratch.path, 'home');
  mkdirSync(home);
  const ready = new Map<string, Promise<Objects>>();
  let fresh = 0;
  const connection = {
    access_key_id: rgw.accessKeyId,
    secret_access_key: rgw.secretAccessKey,
    endpoint: rgw.endpoint,
  };
  const stage: Stage = {
    options,
    rgw,
    bucket,
    amount: (full) => (options.quick ? full / 10 : full),
    objects(name, count, bytes) {
      const objects = ready.get(name) ?? putObjects(bucket, name, count, bytes);
      ready.set(name, objects);
      return objects;
    },
    async withFresh(use) {
      const dir = join(scratch.path, `fresh-${++fresh}`);
      mkdirSync(dir);
      try {
        return await use(dir);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    async peer(command, endpoint) {
      return (await runCommand(command, stage.peerEnv(endpoint))).ms;
    },
    peerEnv: (endpoint = rgw.endpoint) => peerEnv({ ...rgw, endpoint }, home),
    helper: (stateDir, resource) =>
      runHelper(options.bundle, stateDir, {
        path: '',
        ensure: 'present',
        ...connection,
        ...resource,
      }),
    tell: (line) => console.error(line),
    async close() {
      admin.close();
      await Promise.all([rgw.stop(), scratch.remove()]);
    },
  };
  return stage;
}
