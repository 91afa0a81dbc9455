import type { Pin } from './checksum.js';
import type { S3Client } from './client.js';
import { createDigester } from './digest.js';
import { digestsFor, findDamage, type Wanted } from './download.js';
import { type Arrival, sameObject, tooLong } from './fetch-whole.js';
import type { RemoteObject } from './remote-object.js';

/** The bytes of an object, verified, in memory. */
export interface Fetched {
  bytes: Buffer;
  arrival: Arrival;
}

/** Larger objects are worth a wait of their own. */
const LARGEST = 1024 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Small objects that are wanted for sure, fetched many at once while Puppet is still busy with
 * other resources, which it takes one by one.
 */
export class ReadAhead {
  readonly #ahead = new Map<string, { etag: string; fetched: Promise<Fetched | undefined> }>();
  /** How many more bytes memory may hold. */
  #room: number;

  constructor(mostBytes = MOST_BYTES) {
    this.#room = mostBytes;
  }

  begin(wanted: Wanted, client: S3Client): void {
    const { etag, size } = wanted.remote;
    if (isProvedByItsParts(wanted.remote)) return;
    if (!(size <= LARGEST && size <= this.#room)) return;
    this.#room -= size;
    // What fails fails again, and is told, when it is fetched in its turn.
    const fetched = fetch(wanted, client).catch(() => undefined);
    this.#ahead.set(wanted.target, { etag, fetched });
    void fetched.then((got) => {
      if (!got) this.#room += size;
    });
  }

  /** What was fetched for this path, if it is of this object. */
  async take(path: string, { etag }: RemoteObject): Promise<Fetched | undefined> {
    const ahead = this.#ahead.get(path);
    if (!ahead) return undefined;
    this.#ahead.delete(path);
    const fetched = await ahead.fetched;
    if (fetched) this.#room += fetched.bytes.length;
    return ahead.etag === etag ? fetched : undefined;
  }
}

async function fetch(wanted: Wanted, client: S3Client): Promise<Fetched | undefined> {
  const { remote, versionId, pin } = wanted;
  const { bucket, key, etag, size } = remote;
  const version = versionId === undefined ? {} : { versionId };
  const bytes = Buffer.allocUnsafe(size);
  let answered: RemoteObject | undefined;
  let position = 0;
  await client.get(bucket, key, { ifMatch: etag, ...version }, (object) => {
    sameObject(object, remote);
    answered = object;
    position = 0;
    return (chunk) => {
      if (position + chunk.length > size) throw tooLong(remote);
      position += chunk.copy(bytes, position);
      return undefined;
    };
  });
  if (!answered || position !== size) return undefined;
  const digests = proved(answered, bytes, pin);
  return digests && { bytes, arrival: { remote: answered, digests } };
}

/** For that S3 may have to be asked more, which is done in its turn. */
function isProvedByItsParts({ etag, checksums }: RemoteObject): boolean {
  return etag.includes('-') && Object.keys(checksums).length === 0;
}

/** Nothing for bytes that are not what S3, or the operator, says: that is found out in its turn. */
function proved(
  remote: RemoteObject,
  bytes: Buffer,
  pin: Pin | undefined,
): Arrival['digests'] | undefined {
  const digester = createDigester(digestsFor(remote, undefined, pin?.algorithm));
  digester.update(bytes);
  const digests = digester.digests();
  const isPinned = !pin || digests[pin.algorithm] === pin.hex;
  return isPinned && !findDamage({ remote, digests }) ? digests : undefined;
}
