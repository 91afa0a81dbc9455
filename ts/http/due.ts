import { existsSync } from 'node:fs';
import { difference, type Identity } from './identity.js';
import type { Remembered } from './memory.js';
import { ask, type Finding } from './probe.js';
import type { HttpResource } from './resource.js';
import type { Sending } from './send.js';
import type { Target } from './target.js';

/** The guards: whether a request is wanted at all. A goal that is not reached is a reason. */
export async function guard(
  resource: HttpResource,
  target: Target,
  sending: Sending,
): Promise<{ wanted: false; why: string } | { wanted: true; goal?: string; unless?: Finding }> {
  const { creates, onlyif, unless } = resource;
  if (creates !== undefined && existsSync(creates)) {
    return { wanted: false, why: `${creates} is there` };
  }
  if (onlyif) {
    const finding = await ask(onlyif, target, sending);
    if (!finding.holds) return { wanted: false, why: `onlyif: the probe said ${finding.said}` };
  }
  if (unless) {
    const finding = await ask(unless, target, sending);
    if (finding.holds) return { wanted: false, why: 'unless holds' };
    return { wanted: true, goal: `probe said ${finding.said}`, unless: finding };
  }
  return creates === undefined ? { wanted: true } : { wanted: true, goal: `no ${creates}` };
}

/** What `send` and the ledger say, once the guards want it. */
export function reason(
  resource: HttpResource,
  goal: string | undefined,
  identity: Identity,
  { sent, pending, owed }: Remembered,
): string | undefined {
  if (owed) return 'refreshed in a run before, without success';
  if (resource.send === 'refreshed') return undefined;
  if (goal !== undefined) return goal;
  if (resource.send === 'always') return 'always';
  if (pending?.digest === identity.digest) return 'the last attempt came to no end';
  if (!sent) return 'first time';
  if (sent.digest !== identity.digest) return difference(identity, sent);
  return pending ? 'another request was tried since' : undefined;
}
