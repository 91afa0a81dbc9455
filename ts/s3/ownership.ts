import { closeSync, constants, fchmodSync, fchownSync, lchownSync, openSync } from 'node:fs';

interface Ownership {
  owner?: number | undefined;
  group?: number | undefined;
}

/** To the system, "as it is". */
const UNCHANGED = -1;

/** Gives what is at a path, a link not followed, or an open file, to whom is named, if anyone is. */
export function give(what: string | number, { owner, group }: Ownership): void {
  if (owner === undefined && group === undefined) return;
  if (typeof what === 'number') fchownSync(what, owner ?? UNCHANGED, group ?? UNCHANGED);
  else lchownSync(what, owner ?? UNCHANGED, group ?? UNCHANGED);
}

/** Sets the mode of a file, never of what a link that someone put in its place leads to. */
export function permit(path: string, mode: number): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}
