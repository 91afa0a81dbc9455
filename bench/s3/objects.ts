import { randomBytes } from 'node:crypto';
import type { Bucket } from '../../spec/support/s3-admin.js';

export interface Objects {
  /** Ends in a slash. */
  prefix: string;
  keys: string[];
  bytes: number;
}

/** Objects of random bytes, a hundred to a directory. */
export async function putObjects(
  bucket: Bucket,
  name: string,
  count: number,
  bytes: number,
): Promise<Objects> {
  const prefix = `${name}/`;
  const keys = Array.from({ length: count }, (_, n) => {
    const directory = String(Math.floor(n / 100)).padStart(4, '0');
    return `${prefix}${directory}/${String(n).padStart(7, '0')}.bin`;
  });
  await bucket.putAll(keys.map((key) => [key, randomBytes(bytes)] as const));
  return { prefix, keys, bytes };
}
