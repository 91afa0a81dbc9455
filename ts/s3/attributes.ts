import type { Stats } from 'node:fs';
import type { Attributes } from './incoming.js';
import { permissions } from './local.js';
import type { S3Resource } from './resource.js';

/** As Puppet's own `file` gives a new one. */
const DEFAULT_MODE = 0o644;

/** What a new file gets: what is asked for, else what the one it replaces had. */
export function attributesFor(resource: S3Resource, old: Stats | undefined): Attributes {
  const kept = old?.isFile() ? old : undefined;
  return {
    owner: resource.owner ?? kept?.uid,
    group: resource.group ?? kept?.gid,
    mode:
      resource.mode === undefined
        ? kept
          ? permissions(kept)
          : DEFAULT_MODE
        : Number.parseInt(resource.mode, 8),
  };
}

/** A directory on the way to a file is searchable by whoever may read the file. */
export function directoryMode(mode: string | undefined): number {
  if (mode === undefined) return 0o755;
  const bits = Number.parseInt(mode, 8) & 0o777;
  return bits | ((bits & 0o444) >> 2);
}
