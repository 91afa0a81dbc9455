import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Keys } from '../../spec/support/rgw.js';
import type { Command } from '../command.js';

/** The environment in which awscli, rclone and s3cmd find the server, and nothing of the user's. */
export function peerEnv(server: Keys & { endpoint: string }, home: string): Record<string, string> {
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const host = new URL(endpoint).host;
  writeFileSync(
    join(home, '.s3cfg'),
    `[default]\naccess_key = ${accessKeyId}\nsecret_key = ${secretAccessKey}\n` +
      `host_base = ${host}\nhost_bucket = ${host}\nuse_https = False\n`,
    { mode: 0o600 },
  );
  writeFileSync(join(home, 'rclone.conf'), '');
  return {
    HOME: home,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    RCLONE_CONFIG: join(home, 'rclone.conf'),
    RCLONE_CONFIG_R_TYPE: 's3',
    RCLONE_CONFIG_R_PROVIDER: 'Ceph',
    RCLONE_CONFIG_R_ENDPOINT: endpoint,
    RCLONE_CONFIG_R_ACCESS_KEY_ID: accessKeyId,
    RCLONE_CONFIG_R_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

export const aws = (endpoint: string, ...argv: string[]): Command => [
  'aws',
  '--endpoint-url',
  endpoint,
  ...argv,
];

export const rclone = (...argv: string[]): Command => ['rclone', ...argv];

export const rcloneMany = (...argv: string[]): Command =>
  rclone(...argv, '--transfers', '32', '--checkers', '32');

export const s3cmd = (...argv: string[]): Command => ['s3cmd', ...argv];
