import { type Headers, header } from '../net/transport.js';
import { element, unescapeXml } from './listing.js';

const MOST_READ = 64 * 1024;
const MOST_TOLD = 300;

/** What S3 answered when it did not answer with what was asked. */
export class S3Error extends Error {
  override readonly name = 'S3Error';

  constructor(
    readonly status: number,
    /** S3's code, such as NoSuchKey; '' where the answer had no body, as for HEAD. */
    readonly code: string,
    readonly detail: string,
    /** The region the bucket is in, where the answer tells. */
    readonly region?: string,
  ) {
    super(`${status} ${code} ${detail}`.trim());
  }

  static from(status: number, headers: Headers, body: Buffer): S3Error {
    const xml = body.subarray(0, MOST_READ).toString('utf8');
    const text = (name: string): string =>
      unescapeXml(element(xml, name) ?? '').slice(0, MOST_TOLD);
    const region = header(headers, 'x-amz-bucket-region') ?? element(xml, 'Region') ?? '';
    // It becomes part of a host's name, to which signed requests go.
    const isRegion = /^[a-z0-9-]{1,40}$/.test(region);
    return new S3Error(status, text('Code'), text('Message'), isRegion ? region : undefined);
  }
}
