import type { S3Client } from './client.js';
import { download, type Wanted } from './download.js';
import type { Arrival } from './fetch-whole.js';
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
  readonly #fetched = new Map<string, { etag: string; result: Promise<Fetched | undefined> }>();
  #room = MOST_BYTES;

  begin(wanted: Wanted, client: S3Client): void {
    const { size, etag } = wanted.remote;
    if (!(size <= LARGEST && size <= this.#room)) return;
    this.#room -= size;
    const bytes = Buffer.allocUnsafe(size);
    const result = download(client, wanted, bytes).then(
      (arrival) => ({ bytes, arrival }),
      // Whoever wants it in its turn meets the failure itself, if it is still there.
      () => {
        this.#room += size;
        return undefined;
      },
    );
    this.#fetched.set(wanted.target, { etag, result });
  }

  /** What was fetched for this path, if it is of this object. */
  async take(path: string, { etag }: RemoteObject): Promise<Fetched | undefined> {
    const ahead = this.#fetched.get(path);
    if (!ahead) return undefined;
    this.#fetched.delete(path);
    const fetched = await ahead.result;
    if (fetched) this.#room += fetched.bytes.length;
    return ahead.etag === etag ? fetched : undefined;
  }
}
