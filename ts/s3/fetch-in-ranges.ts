import { fdatasync } from 'node:fs';
import { type Arrival, sameObject, type Transfer, tooLong } from './fetch-whole.js';
import { HashThread } from './hash-thread.js';

/** From here on several connections, and a thread for the hash, are worth their start. */
export const PARALLEL_FROM = 64 * 1024 * 1024;
const RANGE = 16 * 1024 * 1024;
/** Measured: fewer leave a server idle while one range ends and the next begins. */
const IN_FLIGHT = 6;

/**
 * Brings a large object by several requests at once, each bound to its ETag, so that all are of
 * one object. A thread reads behind the writers and hashes: no core waits for the other.
 */
export async function fetchInRanges(transfer: Transfer, fd: number): Promise<Arrival> {
  const { client, version } = transfer;
  const { bucket, key, etag } = transfer.remote;
  // The answer to a range says nothing of the whole object's checksums.
  const remote = await client.head(bucket, key, version);
  sameObject(remote, transfer.remote);
  const starts = Array.from({ length: Math.ceil(remote.size / RANGE) }, (_, at) => at * RANGE);
  const hash = new HashThread(fd, transfer.digestsFor(remote));
  const done = new Set<number>();
  let contiguous = 0;
  const queue = starts.values();
  let failed = false;
  let flushing: Promise<void> | undefined;
  // What has come goes to disk along the way, so that the last flush has little left to wait for.
  const flush = (): void => {
    flushing ??= new Promise((resolve) => {
      // Whether it failed is told by the last flush.
      fdatasync(fd, () => {
        flushing = undefined;
        resolve();
      });
    });
  };

  const bring = async (start: number): Promise<void> => {
    const end = Math.min(start + RANGE, remote.size) - 1;
    let position = start;
    await client.get(
      bucket,
      key,
      { ifMatch: etag, ...version, range: { start, end } },
      (object) => {
        sameObject(object, remote);
        if (object.rangeStart !== start) throw tooLong(remote);
        transfer.takeBack(position - start);
        position = start;
        return (chunk) => {
          if (position + chunk.length > end + 1) throw tooLong(remote);
          transfer.write(chunk, position);
          position += chunk.length;
          return undefined;
        };
      },
    );
    done.add(start);
    flush();
    for (; done.delete(contiguous); contiguous += RANGE) {
      hash.upTo(Math.min(contiguous + RANGE, remote.size));
    }
  };
  const worker = async (): Promise<void> => {
    try {
      for (const start of queue) {
        if (failed) return;
        await bring(start);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  try {
    // All end before the file does: none may write to a descriptor that was closed.
    const ends = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, worker));
    const failure = ends.find((end) => end.status === 'rejected');
    if (failure) throw failure.reason;
    return { remote, digests: await hash.digests() };
  } finally {
    await flushing;
    await hash.stop();
  }
}
