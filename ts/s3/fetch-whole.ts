import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import type { S3Client } from './client.js';
import { createDigester, type Digester, type DigestName, type Digests } from './digest.js';
import type { RemoteObject } from './remote-object.js';
import { sourceUrl } from './source.js';

/** What arrived: bytes, their digests, and what S3 said of them. */
export interface Arrival {
  remote: RemoteObject;
  digests: Digests;
}

/** One attempt to bring an object's bytes. */
export interface Transfer {
  client: S3Client;
  remote: RemoteObject;
  version: { versionId?: string };
  digestsFor(object: RemoteObject): DigestName[];
  write(chunk: Buffer, at: number): void;
  /** So many bytes came in vain and come again. */
  takeBack(bytes: number): void;
}

/** Brings an object by one request, and hashes it on the way. */
export async function fetchWhole(transfer: Transfer): Promise<Arrival> {
  const { client, remote, version } = transfer;
  let digester: Digester | undefined;
  let answered = remote;
  let position = 0;
  await client.get(remote.bucket, remote.key, { ifMatch: remote.etag, ...version }, (object) => {
    sameObject(object, remote);
    answered = object;
    transfer.takeBack(position);
    position = 0;
    const mine = createDigester(transfer.digestsFor(object));
    digester = mine;
    return (chunk) => {
      if (position + chunk.length > object.size) throw tooLong(remote);
      mine.update(chunk);
      transfer.write(chunk, position);
      position += chunk.length;
      return undefined;
    };
  });
  // A body of no bytes begins no digest by itself.
  digester ??= createDigester(transfer.digestsFor(answered));
  return { remote: answered, digests: digester.digests() };
}

/** Not every server heeds If-Match: the answer must itself say that it is of the object asked for. */
export function sameObject(answered: RemoteObject, asked: RemoteObject): void {
  if (answered.etag === asked.etag && answered.size === asked.size) return;
  throw new UserError('replaced', `${name(asked)} was replaced on S3 while it was being fetched`);
}

/** A body that goes on past its end would fill the disk, or overwrite the range beside it. */
export function tooLong(asked: RemoteObject): UserError {
  return new UserError(
    'damaged',
    `${name(asked)}: more bytes came than were announced; try again later`,
  );
}

function name({ bucket, key }: RemoteObject): string {
  return printable(sourceUrl(bucket, key));
}
