import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import type { S3Resource } from './resource.js';
import { parseSource, sourceUrl } from './source.js';

/** Puts the source before a failure that does not begin with it, as one of the disk does not. */
export async function namingSource<T>({ source }: S3Resource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || source === undefined) throw error;
    if (error.code === 'bad_source' || /^"?s3:/.test(error.message)) throw error;
    const { bucket, key } = parseSource(source);
    throw new UserError(error.code, `${printable(sourceUrl(bucket, key))}: ${error.message}`, {
      cause: error,
    });
  }
}
