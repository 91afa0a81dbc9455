import { join } from 'node:path';
import { puppetNode } from '../../../spec/acceptance/support/puppet.js';
import { applied } from '../../applied.js';
import { debianPath } from '../../command.js';
import { type Finding, ratio } from '../../finding.js';
import { rounds } from '../../rounds.js';
import type { Stage } from '../stage.js';
import { asArchive, asS3, putTexts } from '../texts.js';

/** The puppet module `archive`, which starts the AWS command line once for each file. */
export async function archive(stage: Stage): Promise<Finding[]> {
  const count = stage.options.quick ? 5 : 20;
  const modules = ['archive', 'stdlib'].map((name) => `/usr/share/puppet/modules/${name}`);
  // Its provider takes the first aws in the path, and its keys from the environment.
  const env = { ...stage.peerEnv(), PATH: `${debianPath}:${process.env.PATH}` };
  return stage.withFresh(async (dir) => {
    const texts = await putTexts(stage, count, join(dir, 'local'));
    const first = (manifest: (path: string) => string) => () =>
      stage.withFresh(async (path) => {
        const node = puppetNode({ modules });
        try {
          return await applied(node, manifest(path), count, 'changed', env);
        } finally {
          await node.remove();
        }
      });
    const times = await rounds(
      stage.options.pairs,
      {
        ours: first((path) => asS3(stage, texts, path)),
        archive: first((path) => asArchive(stage, texts, path)),
      },
      stage.tell,
    );
    const about = { row: 'archive', work: `puppet apply, first of ${count} s3` };
    return [ratio({ ...about, against: `${count} archive` }, times.ours, times.archive)];
  });
}
