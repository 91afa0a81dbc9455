import { UserError } from '../helper/errors.js';
import type { S3Client } from './client.js';
import type { Held } from './compare.js';
import { download, type Wanted, write } from './download.js';
import type { Environment } from './environment.js';
import { Progress } from './progress.js';
import type { Fetched } from './read-ahead.js';
import { sourceUrl } from './source.js';

const MOST_REPLACED = 3;

/** Puts an object whose bytes are at hand beside its target. */
export function putBeside(
  target: string,
  { bytes, arrival }: Fetched,
  { incoming }: Pick<Environment, 'incoming'>,
): Held {
  const file = incoming.createNow(target);
  try {
    write(file.fd, bytes, 0, target);
    return { file, arrival };
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** Brings an object beside its target; one that was replaced on S3 meanwhile is asked for anew. */
export async function fetchBeside(
  target: string,
  asked: Wanted,
  client: S3Client,
  { incoming, log }: Pick<Environment, 'incoming' | 'log'>,
): Promise<Held> {
  const file = await incoming.create(target);
  let wanted = asked;
  try {
    for (let attempt = 1; ; attempt++) {
      const { bucket, key, size } = wanted.remote;
      try {
        const progress = wanted.progress ?? new Progress(target, size, log);
        return { file, arrival: await download(client, { ...wanted, progress }, file.fd) };
      } catch (error) {
        const replaced = error instanceof UserError && error.code === 'replaced';
        if (!replaced || attempt === MOST_REPLACED) throw error;
        log(
          'info',
          `${sourceUrl(bucket, key)} was replaced on S3 in mid-download, fetching the new one`,
        );
        wanted = { ...wanted, remote: await client.head(bucket, key) };
        file.truncate();
      }
    }
  } catch (error) {
    file.discard();
    throw error;
  }
}
