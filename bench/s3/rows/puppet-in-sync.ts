import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { puppetNode } from '../../../spec/acceptance/support/puppet.js';
import { applied } from '../../applied.js';
import { type Finding, ratio } from '../../finding.js';
import { rounds } from '../../rounds.js';
import type { Stage } from '../stage.js';
import { asFileContent, asFileSource, asS3, putTexts } from '../texts.js';

/** A whole `puppet apply` where nothing is to be done. */
export async function puppetInSync(stage: Stage): Promise<Finding[]> {
  const count = stage.amount(1000);
  const node = puppetNode();
  try {
    return await stage.withFresh(async (dir) => {
      const texts = await putTexts(stage, count, join(dir, 'local'));
      const path = join(dir, 'out');
      mkdirSync(path);
      await applied(node, asS3(stage, texts, path), count, 'changed');
      const inSync = (manifest: string) => () => applied(node, manifest, count, 'unchanged');
      const times = await rounds(
        stage.options.pairs,
        {
          ours: inSync(asS3(stage, texts, path)),
          content: inSync(asFileContent(texts, path)),
          source: inSync(asFileSource(texts, path)),
        },
        stage.tell,
      );
      const about = { row: 'puppet-in-sync', work: `puppet apply, ${count} s3 in sync`, bar: 1.25 };
      return [
        ratio({ ...about, against: 'file { content => }' }, times.ours, times.content),
        ratio({ ...about, against: 'file { source => }' }, times.ours, times.source),
      ];
    });
  } finally {
    await node.remove();
  }
}
