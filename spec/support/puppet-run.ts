import { messageOf } from '../../ts/helper/errors.js';
import { Redactor } from '../../ts/helper/redact.js';
import type { S3Resource, State } from '../../ts/s3/resource.js';
import { type Asks, S3Service } from '../../ts/s3/service.js';

/** What became of each resource, by its path. */
export interface Ran {
  states: Record<string, State>;
  /** What was changed, in the words of the report. */
  changes: Record<string, string>;
  failures: Record<string, string>;
  logged: string[];
}

export interface RunOptions {
  noop?: boolean;
  /** When all questions are asked ahead, and before the first turn. */
  meanwhile?: () => Promise<unknown>;
}

/** What a Puppet run asks of the service, without Puppet: each resource in its turn. */
export async function puppetRun(
  stateDir: string,
  resources: S3Resource[],
  { noop = false, meanwhile }: RunOptions = {},
): Promise<Ran> {
  const ran: Ran = { states: {}, changes: {}, failures: {}, logged: [] };
  const log = (level: string, message: string) => ran.logged.push(`${level}: ${message}`);
  const service = new S3Service(log, new Redactor());
  const asks = service.methods() as unknown as Asks;
  await asks.open({ state_dir: stateDir, debug: true });
  await asks.prefetch({ resources, noop: noop ? resources.map(({ path }) => path) : [] });
  await meanwhile?.();
  for (const resource of resources) {
    const { path } = resource;
    try {
      const state = await asks.check({ resource, noop });
      ran.states[path] = state;
      if (noop || state.content?.in_sync) continue;
      const absent = resource.ensure === 'absent';
      if (absent && state.ensure === 'absent') continue;
      const change = await (absent ? asks.remove({ resource }) : asks.apply({ resource }));
      ran.changes[path] = change.message;
    } catch (error) {
      ran.failures[path] = messageOf(error);
    }
  }
  await service.close();
  return ran;
}
