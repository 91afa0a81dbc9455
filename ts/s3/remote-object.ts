import { type Headers, header } from '../net/transport.js';
import { unquote } from './listing.js';

/** What S3 says of an object without its bytes. */
export interface RemoteObject {
  bucket: string;
  key: string;
  etag: string;
  size: number;
  versionId?: string;
  /** Full-object checksums by algorithm, base64 as S3 sends them. */
  checksums: Record<string, string>;
  /** False where S3 says that it is not the MD5 of the bytes (SSE-KMS, SSE-C); unknown in a listing. */
  etagIsMd5: boolean | undefined;
  /** The bytes of what was asked for: the object, a range, or a part. */
  answered: number;
  /** Where the answered range begins. */
  rangeStart?: number;
}

/** The algorithms of S3's checksums, those that prove most first. */
export const CHECKSUMS = ['sha256', 'sha1', 'crc64nvme', 'crc32c', 'crc32'] as const;

/** Reads the headers of HEAD and GET. */
export function remoteObject(bucket: string, key: string, headers: Headers): RemoteObject {
  const range = header(headers, 'content-range');
  const checksums: Record<string, string> = {};
  const composite = header(headers, 'x-amz-checksum-type') === 'COMPOSITE';
  for (const algorithm of CHECKSUMS) {
    const value = header(headers, `x-amz-checksum-${algorithm}`);
    // A composite value ends in -N, one of a part comes with a range: neither is of the whole object.
    if (value && !composite && !value.includes('-') && !range) checksums[algorithm] = value;
  }
  const encryption = header(headers, 'x-amz-server-side-encryption') ?? '';
  const opaque =
    encryption.startsWith('aws:') ||
    header(headers, 'x-amz-server-side-encryption-customer-algorithm') !== undefined;
  const etag = unquote(header(headers, 'etag') ?? '');
  const versionId = header(headers, 'x-amz-version-id');
  return {
    bucket,
    key,
    etag,
    size: Number(range?.split('/')[1] ?? header(headers, 'content-length') ?? 'none'),
    ...(versionId && versionId !== 'null' ? { versionId } : {}),
    checksums,
    etagIsMd5: !opaque && /^[0-9a-f]{32}$/.test(etag),
    ...(range ? { rangeStart: Number(/^bytes (\d+)-/.exec(range)?.[1]) } : {}),
    answered: Number(header(headers, 'content-length') ?? 'none'),
  };
}
