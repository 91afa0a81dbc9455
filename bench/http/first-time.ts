import { puppetNode } from '../../spec/acceptance/support/puppet.js';
import { applied } from '../applied.js';
import { type Finding, ratio } from '../finding.js';
import { rounds } from '../rounds.js';
import { asCurl, asHttp } from './manifests.js';
import type { Stage } from './stage.js';

/** A whole `puppet apply` of requests that are all to be sent. */
export async function firstTime(stage: Stage): Promise<Finding[]> {
  const count = stage.amount(1000);
  const fresh = (manifest: string) => async () => {
    const node = puppetNode();
    const before = stage.asked();
    try {
      const ms = await applied(node, manifest, count, 'changed');
      const asked = stage.asked() - before;
      if (asked !== count) throw new Error(`the server was asked ${asked} times, not ${count}`);
      return ms;
    } finally {
      await node.remove();
    }
  };
  const times = await rounds(
    stage.options.pairs,
    { ours: fresh(asHttp(stage.port, count)), curl: fresh(asCurl(stage.port, count)) },
    stage.tell,
  );
  const about = { row: 'first-time', work: `puppet apply, ${count} http to send` };
  return [ratio({ ...about, against: 'exec { curl }', bar: 0.2 }, times.ours, times.curl)];
}
