import { UserError } from '../helper/errors.js';
import type { Environment } from './environment.js';
import { listedKeys } from './listed-keys.js';
import { look, permissions } from './local.js';
import { merge } from './merge.js';
import { Parents } from './parents.js';
import { type Bring, type Item, Judge, type Judgement } from './prefix-judge.js';
import { LedgerDraft, type PrefixLedger } from './prefix-ledger.js';
import type { Remotes } from './remotes.js';
import type { S3Resource } from './resource.js';
import { parseSource, sourceUrl } from './source.js';
import { walk } from './tree.js';

/** Everything that sets a directory apart from its prefix. */
export interface PrefixPlan {
  bring: Bring[];
  remove: string[];
  /** Keys that cannot be put right, and why. */
  blocked: { key: string; why: string }[];
  /** Files that should be here. */
  files: number;
  /** Files whose owner, group or mode is not as asked. */
  attributes: { owner: string[]; group: string[]; mode: string[] };
  /** The ledger's next edition, without what is still to come; none in noop. */
  draft: LedgerDraft | undefined;
}

/** So many keys are judged at once, as some need bytes read or S3 asked. */
const BATCH = 256;

/** Looks at listing, tree and ledger side by side, as streams. */
export async function scan(
  resource: S3Resource,
  ledger: PrefixLedger,
  noop: boolean,
  env: Environment,
  remotes: Remotes,
): Promise<PrefixPlan> {
  const { path } = resource;
  const plan: PrefixPlan = {
    bring: [],
    remove: [],
    blocked: [],
    files: 0,
    attributes: { owner: [], group: [], mode: [] },
    draft: noop ? undefined : new LedgerDraft(ledger, env.log),
  };
  const judge = new Judge(resource, env, new Parents(path), noop);
  const tree = look(path) ? walk(path) : [].values();
  try {
    const merged = merge(
      listedKeys(resource, remotes.list(resource), env.log),
      tree,
      ledger.read(),
    );
    for await (const batch of inBatches(merged)) {
      const judgements = await Promise.all(batch.map((item) => judge.judge(item)));
      for (const [at, item] of batch.entries()) {
        file(plan, resource, item, judgements[at] as Judgement);
      }
    }
  } catch (error) {
    abandon(plan);
    throw error;
  }
  // Markers and what is skipped or excluded are no files: what counts is what would be here.
  if (plan.files === 0 && !resource.allow_empty) {
    abandon(plan);
    const { bucket, key } = parseSource(resource.source ?? '');
    throw new UserError(
      'empty_source',
      `${sourceUrl(bucket, key)} at ${env.clients.for(resource).endpointOf(bucket)}: no object is below this prefix; check source, or set allow_empty => true`,
    );
  }
  return plan;
}

/** Lets go of what a plan holds that will not be carried out. */
export function abandon(plan: PrefixPlan): void {
  for (const { held } of plan.bring) held?.file.discard();
  plan.draft?.discard();
}

function file(plan: PrefixPlan, resource: S3Resource, item: Item, judgement: Judgement): void {
  if (item.remote) plan.files++;
  switch (judgement.kind) {
    case 'same':
      countAttributes(plan, resource, item.key, judgement.stats);
      plan.draft?.keep(judgement.file, judgement.settled);
      return;
    case 'kept':
      if (judgement.stats.isFile()) countAttributes(plan, resource, item.key, judgement.stats);
      break;
    case 'bring':
      plan.bring.push(judgement);
      break;
    case 'remove':
      plan.remove.push(judgement.key);
      break;
    case 'blocked':
      plan.blocked.push(judgement);
      break;
  }
  if (item.known) plan.draft?.drop();
}

function countAttributes(
  { attributes }: PrefixPlan,
  { owner, group, mode }: S3Resource,
  key: string,
  stats: { uid: number; gid: number; mode: number } & Parameters<typeof permissions>[0],
): void {
  if (owner !== undefined && stats.uid !== owner) attributes.owner.push(key);
  if (group !== undefined && stats.gid !== group) attributes.group.push(key);
  if (mode !== undefined && permissions(stats) !== Number.parseInt(mode, 8))
    attributes.mode.push(key);
}

async function* inBatches<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
