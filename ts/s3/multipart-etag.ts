import { createHash, type Hash } from 'node:crypto';

export interface MultipartDigest {
  update(chunk: Uint8Array): void;
  etag(): string;
}

/** S3's ETag of an object uploaded in parts of one size: the MD5 of the parts' MD5s, and how many. */
export function createMultipartDigest(partSize: number): MultipartDigest {
  const parts: Buffer[] = [];
  let part: Hash | undefined;
  let room = partSize;
  const close = (): void => {
    parts.push((part ?? createHash('md5')).digest());
    part = undefined;
    room = partSize;
  };
  return {
    update: (chunk) => {
      for (let at = 0; at < chunk.length; ) {
        // Closed only when more comes: a last part that is full is not followed by an empty one.
        if (room === 0) close();
        const piece = chunk.subarray(at, at + room);
        part ??= createHash('md5');
        part.update(piece);
        room -= piece.length;
        at += piece.length;
      }
    },
    etag: () => {
      if (part || parts.length === 0) close();
      return `${createHash('md5').update(Buffer.concat(parts)).digest('hex')}-${parts.length}`;
    },
  };
}

const MIB = 1024 * 1024;
const MAX_PARTS = 10_000;
// What clients use unless told otherwise: aws-cli 8, rclone, the SDKs and s5cmd 5 and 50, minio and
// the console 16, s3cmd 15; the rest is what people tell them.
const USUAL_MIB = [8, 5, 16, 15, 50, 10, 32, 64, 100, 128, 20, 25, 40, 80, 200, 250, 256, 500, 512];
const MOST_OTHERS = 8;

/**
 * The part sizes to try, likely ones first, for an object of `size` bytes whose ETag says `parts`.
 * It is a guess for servers that do not tell: each of them gives exactly that many parts.
 */
export function candidatePartSizes(size: number, parts: number): number[] {
  if (parts <= 1) return size > 0 ? [size] : [1];
  const fits = (partSize: number): boolean => Math.ceil(size / partSize) === parts;
  return [
    ...new Set([...USUAL_MIB.map((mib) => mib * MIB), ...grown(size), ...others(size, parts)]),
  ].filter(fits);
}

/** What clients grow the size of a part to, when their usual one would make too many. */
function grown(size: number): number[] {
  const least = Math.ceil(size / MAX_PARTS);
  // aws-cli and boto double theirs.
  const doubled = [5, 8, 15, 16, 50, 64].map(
    (mib) => mib * MIB * 2 ** Math.max(0, Math.ceil(Math.log2(least / (mib * MIB)))),
  );
  return [
    ...doubled,
    // rclone takes the next whole MiB, minio the next 16 MiB, and the SDKs what just fits.
    (Math.floor(size / MAX_PARTS / MIB) + 1) * MIB,
    Math.ceil(least / (16 * MIB)) * 16 * MIB,
    least,
    Math.floor(size / MAX_PARTS) + 1,
  ];
}

/** Whole MiB that fit, if they are few, and the size of equal parts. */
function others(size: number, parts: number): number[] {
  const equal = Math.ceil(size / parts);
  const first = Math.ceil(equal / MIB);
  const whole = Array.from({ length: MOST_OTHERS }, (_, i) => (first + i) * MIB);
  return [...whole, equal];
}
