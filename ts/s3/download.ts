import { writeSync } from 'node:fs';
import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import type { Pin } from './checksum.js';
import type { S3Client } from './client.js';
import type { DigestName } from './digest.js';
import { explainDisk } from './explain-disk.js';
import { fetchInRanges, PARALLEL_FROM } from './fetch-in-ranges.js';
import { type Arrival, fetchWhole } from './fetch-whole.js';
import type { Progress } from './progress.js';
import { type Proof, proofsOf } from './proof.js';
import type { RemoteObject } from './remote-object.js';
import { sourceUrl } from './source.js';

export interface Wanted {
  remote: RemoteObject;
  /** Where it goes, for messages. */
  target: string;
  /** Ask for this version, not just for an unchanged object. */
  versionId?: string;
  /** What the operator pinned: it overrules the ETag. */
  pin?: Pin;
  progress?: Progress;
}

/** How often damaged bytes are fetched again before S3's copy, or the way to it, is called broken. */
const ATTEMPTS = 2;

/**
 * Brings an object's bytes to `fd`, or nowhere, and holds them against everything that S3 and the
 * operator say of them. `If-Match` keeps one download to one object.
 */
export async function download(
  client: S3Client,
  wanted: Wanted,
  fd: number | undefined,
): Promise<Arrival> {
  const { remote } = wanted;
  const [proof] = await proofsOf(remote, () =>
    client.head(remote.bucket, remote.key, { ...version(wanted), partNumber: 1 }),
  );
  let before: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const arrival = await once(client, wanted, fd, proof?.digest);
    const { pin } = wanted;
    if (pin && arrival.digests[pin.algorithm] === pin.hex) return arrival;
    const damage = findDamage(arrival) ?? findUnevenParts(arrival, proof, before);
    if (!pin && !damage) return arrival;
    const problem = pin ? isNotPinned(arrival, pin) : damage;
    // What S3 vouches for is what it has: to fetch that again would not make it what is pinned.
    if (attempt === ATTEMPTS || (!damage && isVouchedFor(arrival, proof))) {
      const attempts = attempt > 1 ? ` (${attempt} attempts)` : '';
      throw new UserError(
        'damaged',
        `${printable(sourceUrl(remote.bucket, remote.key))} at ${client.endpointOf(remote.bucket)}: ${problem}${attempts}; nothing was put in place`,
      );
    }
    before = proof && arrival.digests[proof.digest];
    client.options.log(
      'debug',
      `${sourceUrl(remote.bucket, remote.key)}: ${problem}; fetching it again`,
    );
  }
}

async function once(
  client: S3Client,
  wanted: Wanted,
  fd: number | undefined,
  proof: DigestName | undefined,
): Promise<Arrival> {
  const { pin, progress } = wanted;
  let position = 0;
  const transfer = {
    client,
    remote: wanted.remote,
    version: version(wanted),
    digestsFor: (object: RemoteObject) => digestsFor(object, proof, pin?.algorithm),
    write: (chunk: Buffer, at: number) => {
      if (fd !== undefined) write(fd, chunk, at, wanted.target);
      position += chunk.length;
      progress?.add(chunk.length);
    },
    takeBack: (bytes: number) => {
      position -= bytes;
      progress?.takeBack(bytes);
    },
  };
  const arrival =
    fd === undefined || wanted.remote.size < PARALLEL_FROM
      ? await fetchWhole(transfer)
      : await fetchInRanges(transfer, fd);
  if (position !== arrival.remote.size) {
    const { bucket, key } = wanted.remote;
    throw new UserError(
      'damaged',
      `${printable(sourceUrl(bucket, key))}: ${position} of ${arrival.remote.size} bytes arrived; try again later`,
    );
  }
  return arrival;
}

/** What S3 vouches for in this very answer; SHA-256 for the ledger where it vouches for nothing. */
export function digestsFor(
  object: RemoteObject,
  proof: DigestName | undefined,
  pin: DigestName | undefined,
): DigestName[] {
  const names: DigestName[] = [];
  if (object.etagIsMd5) names.push('md5');
  else if (proof && proof !== 'md5') names.push(proof);
  else names.push('sha256');
  for (const algorithm of Object.keys(object.checksums)) names.push(algorithm as DigestName);
  if (pin) names.push(pin);
  return names;
}

function isNotPinned({ digests }: Arrival, { algorithm, hex }: Pin): string {
  return `what arrived has ${algorithm}:${digests[algorithm]}, the pinned checksum is ${algorithm}:${hex}; correct checksum, or upload the right object`;
}

/** Whether S3 gave a proof at all, of bytes in which no damage was found. */
function isVouchedFor({ remote, digests }: Arrival, proof: Proof | undefined): boolean {
  return (
    remote.etagIsMd5 === true ||
    Object.keys(remote.checksums).length > 0 ||
    (proof !== undefined && digests[proof.digest] === proof.value)
  );
}

export function findDamage({ remote, digests }: Arrival): string | undefined {
  for (const [algorithm, value] of Object.entries(remote.checksums)) {
    const got = Buffer.from(digests[algorithm as DigestName] ?? '', 'hex').toString('base64');
    if (got !== value)
      return `what arrived is damaged: its ${algorithm} is ${got}, S3 says ${value}`;
  }
  if (remote.etagIsMd5 && digests.md5 !== remote.etag) {
    return `what arrived is damaged: its MD5 is ${digests.md5}, the ETag ${remote.etag} (set checksum if this server's ETags are no MD5s)`;
  }
  return undefined;
}

/**
 * A multipart ETag that the bytes do not give means damage, or parts of uneven size: if the same
 * bytes come twice, it was the parts.
 */
function findUnevenParts(
  arrival: Arrival,
  proof: Proof | undefined,
  before: string | undefined,
): string | undefined {
  if (!proof?.told) return undefined;
  const got = arrival.digests[proof.digest];
  if (got === undefined || got === proof.value || got === before) return undefined;
  return `what arrived is damaged: its parts give the ETag ${got}, S3 says ${proof.value}`;
}

export function write(fd: number, chunk: Buffer, position: number, target: string): void {
  try {
    let written = 0;
    while (written < chunk.length) {
      written += writeSync(fd, chunk, written, chunk.length - written, position + written);
    }
  } catch (error) {
    throw explainDisk(error, target);
  }
}

function version(wanted: Wanted): { versionId?: string } {
  return wanted.versionId === undefined ? {} : { versionId: wanted.versionId };
}
