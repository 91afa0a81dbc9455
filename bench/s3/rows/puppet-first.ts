import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { puppetNode } from '../../../spec/acceptance/support/puppet.js';
import { applied } from '../../applied.js';
import { type Finding, ratio } from '../../finding.js';
import { rounds, type Sample } from '../../rounds.js';
import { aws, s3cmd } from '../peers.js';
import type { Stage } from '../stage.js';
import { asFileContent, asS3, putTexts } from '../texts.js';

/**
 * Separately declared objects that are not there yet. Puppet's own time, which is taken off, is
 * that of an apply of the same catalog of files in sync: the least that Puppet can do with it.
 */
export async function puppetFirst(stage: Stage): Promise<Finding[]> {
  const count = stage.amount(1000);
  const { bucket, rgw } = stage;
  const ready = puppetNode();
  try {
    return await stage.withFresh(async (dir) => {
      const texts = await putTexts(stage, count, join(dir, 'local'));
      const url = `s3://${bucket.name}/${texts.prefix}`;
      const first = (manifest: (path: string) => string) => () =>
        stage.withFresh(async (path) => {
          const node = puppetNode();
          try {
            return await applied(node, manifest(path), count, 'changed');
          } finally {
            await node.remove();
          }
        });
      const path = join(dir, 'out');
      mkdirSync(path);
      const files = asFileContent(texts, path);
      await applied(ready, files, count, 'changed');

      const times = await rounds(
        stage.options.pairs,
        {
          ours: first((path) => asS3(stage, texts, path)),
          'file in sync': () => applied(ready, files, count, 'unchanged'),
          aws: () =>
            stage.withFresh((path) =>
              stage.peer(aws(rgw.endpoint, 's3', 'sync', '--only-show-errors', url, path)),
            ),
          'file, first': first((path) => asFileContent(texts, path)),
          s3cmd: () =>
            stage.withFresh((path) => stage.peer(s3cmd('sync', '--quiet', url, `${path}/`))),
        },
        stage.tell,
      );
      const row = 'puppet-first';
      const work = `first apply of ${count} s3`;
      const beyond = beyondPuppet(times.ours, times['file in sync']);
      const less = `${work}, less that of file in sync`;
      return [
        ratio({ row, work: less, against: 'aws s3 sync', bar: 1 }, beyond, times.aws),
        ratio({ row, work: less, against: 's3cmd sync' }, beyond, times.s3cmd),
        ratio({ row, work, against: 'first apply of file' }, times.ours, times['file, first']),
      ];
    });
  } finally {
    await ready.remove();
  }
}

function beyondPuppet(whole: Sample[], puppet: Sample[]): Sample[] {
  return whole.map(({ ms, cpuMs }, round) => ({
    ms: ms - (puppet[round]?.ms ?? Number.NaN),
    cpuMs: cpuMs - (puppet[round]?.cpuMs ?? Number.NaN),
  }));
}
