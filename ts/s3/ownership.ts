import { fchownSync, lchownSync } from 'node:fs';

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
