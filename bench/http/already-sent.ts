import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { puppetNode } from '../../spec/acceptance/support/puppet.js';
import { applied } from '../applied.js';
import { type Finding, ratio } from '../finding.js';
import { rounds } from '../rounds.js';
import { asFile, asHttp } from './manifests.js';
import type { Stage } from './stage.js';

/** A whole `puppet apply` of requests that have succeeded before. */
export async function alreadySent(stage: Stage): Promise<Finding[]> {
  const count = stage.amount(1000);
  const node = puppetNode();
  try {
    const dir = join(node.dir, 'out');
    mkdirSync(dir);
    const http = asHttp(stage.port, count);
    const file = asFile(dir, count);
    await applied(node, http, count, 'changed');
    await applied(node, file, count, 'changed');
    const before = stage.asked();
    const unchanged = (manifest: string) => () => applied(node, manifest, count, 'unchanged');
    const times = await rounds(
      stage.options.pairs,
      { ours: unchanged(http), file: unchanged(file) },
      stage.tell,
    );
    const asked = stage.asked() - before;
    if (asked > 0) throw new Error(`the server was asked ${asked} times, and should not have been`);
    const about = { row: 'already-sent', work: `puppet apply, ${count} http sent before` };
    return [ratio({ ...about, against: 'file { content => }', bar: 1.15 }, times.ours, times.file)];
  } finally {
    await node.remove();
  }
}
