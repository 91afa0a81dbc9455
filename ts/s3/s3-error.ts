import { element, unescapeXml } from './listing.js';
import { type Headers, header } from './transport.js';

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
    const xml = body.toString('utf8');
    return new S3Error(
      status,
      element(xml, 'Code') ?? '',
      unescapeXml(element(xml, 'Message') ?? ''),
      header(headers, 'x-amz-bucket-region') ?? element(xml, 'Region'),
    );
  }
}
