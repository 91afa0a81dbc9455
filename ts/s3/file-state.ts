import type { Stats } from 'node:fs';
import { octal, permissions } from './local.js';
import type { S3Resource, State } from './resource.js';

export function present(stats: Stats, resource: S3Resource): State {
  const { uid: owner, gid: group } = stats;
  // A link, which replace => false keeps, has no mode that could be set.
  const mode = stats.isSymbolicLink() ? asAsked(resource).mode : octal(permissions(stats));
  return { ensure: 'present', owner, group, mode };
}

/** How the report names what is right by its pin, whatever S3 has. */
export function named({ checksum }: S3Resource): string {
  return `the pinned ${checksum}`;
}

/** Of an archive that is gone on purpose. */
export function cleanedUp(resource: S3Resource, name: string): State {
  return { ensure: 'present', content: settled(name), ...asAsked(resource) };
}

export function inSync(stats: Stats, resource: S3Resource, by: string): State {
  return { ...present(stats, resource), content: settled(by) };
}

export function settled(text: string): State['content'] & object {
  return { in_sync: true, is: text, should: text };
}

/** For a file that is gone on purpose: its attributes are as they should be. */
export function asAsked(resource: S3Resource): Partial<State> {
  const { owner, group, mode } = resource;
  return {
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode: octal(Number.parseInt(mode, 8)) }),
  };
}
