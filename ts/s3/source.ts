import { UserError } from '../helper/errors.js';

/** Where the bytes come from: an object, or every object below a prefix. */
export interface Source {
  bucket: string;
  /** A key, a pattern of keys, or a prefix ending in `/`; '' is the whole bucket. */
  key: string;
  isPrefix: boolean;
}

/** Reads `/bucket/key` and `s3://bucket/key`. */
export function parseSource(text: string): Source {
  const match = /^(?:s3:\/\/|\/)([^/]+)(?:\/([\s\S]*))?$/.exec(text);
  const bucket = match?.[1];
  if (!bucket) {
    throw new UserError(
      'bad_source',
      `source '${text}' is neither /bucket/key nor s3://bucket/key`,
    );
  }
  const key = match[2] ?? '';
  return { bucket, key, isPrefix: key === '' || key.endsWith('/') };
}

export function sourceUrl(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}
