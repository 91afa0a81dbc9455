import type { DigestName } from './digest.js';
import { candidatePartSizes } from './multipart-etag.js';
import { CHECKSUMS, type RemoteObject } from './remote-object.js';

/** A digest of the bytes that S3 vouches for. */
export interface Proof {
  digest: DigestName;
  value: string;
  /** Whether bytes with another digest are surely other bytes: parts may be of uneven size. */
  conclusive: boolean;
  /** Whether S3 told the size of a part, rather than that it was guessed from the usual ones. */
  told?: boolean;
}

/**
 * What S3 says of the bytes that can be held against a file without fetching them. The ETag of a
 * plain upload is an MD5, unless KMS or a customer key encrypts it; in a listing that cannot be
 * seen, so there a differing MD5 proves nothing. A multipart ETag is the MD5 of the parts' MD5s,
 * once one knows the size of a part.
 */
export async function proofsOf(
  remote: RemoteObject,
  firstPart: () => Promise<RemoteObject>,
): Promise<Proof[]> {
  const checksum = CHECKSUMS.find((algorithm) => remote.checksums[algorithm] !== undefined);
  const plain = plainEtag(remote);
  if (plain && !checksum?.startsWith('sha')) return [plain];
  if (checksum) {
    const value = Buffer.from(remote.checksums[checksum] ?? '', 'base64').toString('hex');
    return [{ digest: checksum, value, conclusive: true }];
  }
  const parts = partsOf(remote.etag);
  if (!parts) return [];
  const { sizes, told } = await partSizes(remote, parts, firstPart);
  return sizes.map((size) => ({
    digest: `etag:${size}`,
    value: remote.etag,
    conclusive: false,
    told,
  }));
}

/** The proof that an ETag alone gives, if it can be an MD5. */
export function plainEtag(remote: RemoteObject): Proof | undefined {
  if (remote.etagIsMd5 === false || !/^[0-9a-f]{32}$/.test(remote.etag)) return undefined;
  return { digest: 'md5', value: remote.etag, conclusive: remote.etagIsMd5 === true };
}

function partsOf(etag: string): number | undefined {
  const match = /^[0-9a-f]{32}-([1-9]\d{0,4})$/.exec(etag);
  return match ? Number(match[1]) : undefined;
}

/** Asks how large part 1 is; a server that does not know the question answers with the whole. */
async function partSizes(
  remote: RemoteObject,
  parts: number,
  firstPart: () => Promise<RemoteObject>,
): Promise<{ sizes: number[]; told: boolean }> {
  if (parts === 1) return { sizes: [Math.max(remote.size, 1)], told: true };
  const first = await firstPart().catch(() => undefined);
  const size = first?.answered;
  if (first?.etag === remote.etag && size && Math.ceil(remote.size / size) === parts) {
    return { sizes: [size], told: true };
  }
  return { sizes: candidatePartSizes(remote.size, parts), told: false };
}
