import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cephConf } from './ceph-conf.js';
import { type Daemon, startDaemon } from './daemon.js';
import { freePort } from './free-port.js';
import { scratchDir } from './scratch-dir.js';

const run = promisify(execFile);

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

/** A real S3 server on loopback: Ceph's RADOS gateway, its objects in memory. */
export interface Rgw extends Keys {
  endpoint: string;
  port: number;
  /** A second user, who may do nothing in the first one's buckets. */
  other: Keys;
  /** A role that the first user may assume by STS at the same endpoint. */
  roleArn: string;
  stop(): Promise<void>;
}

const keys: Keys = {
  accessKeyId: 'WEBHOOKTESTKEY',
  secretAccessKey: 'webhookTestSecret1234567890',
};
const other: Keys = {
  accessKeyId: 'WEBHOOKOTHERKEY',
  // Of digits alone, which YAML takes for a number.
  secretAccessKey: '271828182845904523',
};
const roleArn = 'arn:aws:iam:::role/S3Access';

/** The server that with-rgw.ts has started around this process, or else one of our own. */
export function useRgw(): Promise<Rgw> {
  const endpoint = process.env.WEBHOOK_TEST_S3_ENDPOINT;
  if (!endpoint) return startRgw();
  return Promise.resolve({
    endpoint,
    port: Number(new URL(endpoint).port),
    ...keys,
    other,
    roleArn,
    stop: () => Promise.resolve(),
  });
}

export async function startRgw(options: { storeBytes?: number } = {}): Promise<Rgw> {
  const storeBytes = options.storeBytes ?? 8 * 2 ** 30;
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(storeBytes);
    } catch (error) {
      // Another process may have taken a port between its choice and its use.
      if (attempt === 3 || isMissingCommand(error)) throw error;
    }
  }
}

async function start(storeBytes: number): Promise<Rgw> {
  const scratch = scratchDir('webhook-rgw');
  const dir = scratch.path;
  const daemons: Daemon[] = [];
  const stop = async () => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await scratch.remove();
  };
  try {
    const [port, monPort] = await Promise.all([freePort(), freePort()]);
    const endpoint = `http://127.0.0.1:${port}`;
    await startCluster({ dir, daemons, port, monPort, storeBytes });
    await answers(endpoint, daemons);
    await createUsers(join(dir, 'ceph.conf'));
    return { endpoint, port, ...keys, other, roleArn, stop };
  } catch (error) {
    await stop();
    if (isMissingCommand(error)) {
      throw new Error('no S3 server: install Debian packages ceph-mon ceph-osd radosgw', {
        cause: error,
      });
    }
    throw error;
  }
}

async function startCluster(at: {
  dir: string;
  daemons: Daemon[];
  port: number;
  monPort: number;
  storeBytes: number;
}): Promise<void> {
  const { dir, daemons } = at;
  const conf = join(dir, 'ceph.conf');
  const fsid = randomUUID();
  const osd = randomUUID();
  for (const name of ['mon', 'osd', 'rgw', 'log']) mkdirSync(join(dir, name));
  writeFileSync(conf, cephConf({ ...at, fsid }));
  const daemon = (name: string, argv: string[]) =>
    daemons.push(
      startDaemon([name, '-f', '-c', conf, ...argv], { log: join(dir, 'log', `${name}.out`) }),
    );

  const map = join(dir, 'monmap');
  const address = `[v2:127.0.0.1:${at.monPort}/0]`;
  await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', address, map]);
  await run('ceph-mon', ['-c', conf, '-i', 'a', '--mkfs', '--monmap', map]);
  daemon('ceph-mon', ['-i', 'a']);
  await run('ceph', ['-c', conf, '--connect-timeout', '20', 'osd', 'new', osd]);
  await run('ceph-osd', ['-c', conf, '-i', '0', '--mkfs', '--osd-uuid', osd]);
  daemon('ceph-osd', ['-i', '0']);
  await storeIsUp(conf);
  daemon('radosgw', ['-n', 'client.rgw']);
}

/** A gateway that finds no store up waits five seconds before it asks again. */
async function storeIsUp(conf: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const { stdout } = await run('ceph', ['-c', conf, 'osd', 'stat']);
    if (stdout.includes(' 1 up')) return;
  }
  throw new Error('the object store does not come up');
}

async function answers(endpoint: string, daemons: readonly Daemon[]): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    for (const daemon of daemons) daemon.assertRunning();
    try {
      await (await fetch(endpoint)).arrayBuffer();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function createUsers(conf: string): Promise<void> {
  const admin = (...argv: string[]) =>
    run('radosgw-admin', ['-c', conf, '-n', 'client.rgw', ...argv]);
  const user = (uid: string, its: Keys, ...argv: string[]) =>
    admin(
      'user',
      'create',
      `--uid=${uid}`,
      `--display-name=${uid}`,
      `--access-key=${its.accessKeyId}`,
      `--secret-key=${its.secretAccessKey}`,
      ...argv,
    );
  const policy = (statement: object) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
  const trust = policy({
    Principal: { AWS: ['arn:aws:iam:::user/test'] },
    Action: ['sts:AssumeRole'],
  });
  const rights = policy({ Action: ['s3:*'], Resource: 'arn:aws:s3:::*' });
  const role = '--role-name=S3Access';

  await user('test', keys, '--caps=roles=*;oidc-provider=*;user-policy=*');
  await user('other', other);
  await admin('role', 'create', role, '--path=/', `--assume-role-policy-doc=${trust}`);
  await admin('role-policy', 'put', role, '--policy-name=all', `--policy-doc=${rights}`);
}

function isMissingCommand(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
