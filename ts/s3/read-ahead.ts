import { UserError } from '../helper/errors.js';
import type { Pin } from './checksum.js';
import type { S3Client } from './client.js';
import { createDigester } from './digest.js';
import { digestsFor, findDamage } from './download.js';
import type { Arrival } from './fetch-whole.js';
import type { RemoteObject } from './remote-object.js';

/** The bytes of an object, verified, in memory. */
export interface Fetched {
  bytes: Buffer;
  arrival: Arrival;
}

/** What is to be fetched, for which path. */
export interface Sought {
  path: string;
  bucket: string;
  key: string;
  versionId: string | undefined;
  pin: Pin | undefined;
}

/** Larger objects are worth a wait of their own. */
const LARGEST = 1024 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Small objects that are wanted for sure, fetched many at once while Puppet is still busy with
 * other resources, which it takes one by one.
 */
export class ReadAhead {
  readonly #fetched = new Map<string, Fetched>();
  #room = MOST_BYTES;

  /** One question tells what an object is and, if it is small, brings its bytes. */
  async fetch(
    { path, bucket, key, versionId, pin }: Sought,
    client: S3Client,
  ): Promise<RemoteObject> {
    let remote: RemoteObject | undefined;
    let bytes = Buffer.alloc(0);
    let position = 0;
    const version = versionId === undefined ? {} : { versionId };
    try {
      await client.get(bucket, key, version, (object) => {
        this.#room += bytes.length;
        bytes = Buffer.alloc(0);
        position = 0;
        remote = object;
        if (!(object.size <= LARGEST && object.size <= this.#room)) throw tooLarge;
        this.#room -= object.size;
        bytes = Buffer.allocUnsafe(object.size);
        return (chunk) => {
          if (position + chunk.length > bytes.length) throw tooLarge;
          position += chunk.copy(bytes, position);
          return undefined;
        };
      });
    } catch (error) {
      this.#room += bytes.length;
      if (error === tooLarge && remote) return remote;
      throw error;
    }
    if (!remote) throw new Error('an answer without headers');
    const arrival = position === bytes.length ? verified(remote, bytes, pin) : undefined;
    if (arrival) this.#fetched.set(path, { bytes, arrival });
    else this.#room += bytes.length;
    return remote;
  }

  /** What was fetched for this path, if it is of this object. */
  take(path: string, { etag }: RemoteObject): Fetched | undefined {
    const fetched = this.#fetched.get(path);
    if (!fetched) return undefined;
    this.#fetched.delete(path);
    this.#room += fetched.bytes.length;
    return fetched.arrival.remote.etag === etag ? fetched : undefined;
  }
}

const tooLarge = new UserError('too_large', 'the object is fetched in its own turn');

/** Nothing where S3 vouches for nothing, or for something else: that is found out in its turn. */
function verified(remote: RemoteObject, bytes: Buffer, pin: Pin | undefined): Arrival | undefined {
  if (!remote.etagIsMd5 && Object.keys(remote.checksums).length === 0) return undefined;
  const digester = createDigester(digestsFor(remote, undefined, pin?.algorithm));
  digester.update(bytes);
  const arrival = { remote, digests: digester.digests() };
  const isPinned = !pin || arrival.digests[pin.algorithm] === pin.hex;
  return isPinned && !findDamage(arrival) ? arrival : undefined;
}
