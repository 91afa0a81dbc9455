import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { debianPath } from './command.js';

const run = promisify(execFile);

export interface Machine {
  cores: number;
  cpu: string;
  memory_gib: number;
  kernel: string;
  load_before: number;
  versions: Record<string, string>;
}

const VERSIONS: Record<string, [string, ...string[]]> = {
  node: [process.execPath, '--version'],
  puppet: ['puppet', '--version'],
  aws: ['aws', '--version'],
  rclone: ['rclone', 'version'],
  s3cmd: ['s3cmd', '--version'],
  ceph: ['ceph', '--version'],
};

export async function machine(): Promise<Machine> {
  const versions = await Promise.all(
    Object.entries(VERSIONS).map(async ([name, [command, ...argv]]) => {
      const env = { ...process.env, PATH: debianPath };
      const { stdout, stderr } = await run(command, argv, { env });
      return [name, (stdout || stderr).split('\n')[0]?.trim() ?? ''] as const;
    }),
  );
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    memory_gib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    load_before: loadavg()[0] ?? 0,
    versions: Object.fromEntries(versions),
  };
}
