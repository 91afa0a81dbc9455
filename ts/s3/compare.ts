import type { Stats } from 'node:fs';
import type { S3Client } from './client.js';
import { type DigestName, type Digests, digestFile } from './digest.js';
import { download, type Wanted } from './download.js';
import type { Arrival } from './fetch-whole.js';
import { fingerprint } from './fingerprint.js';
import type { Incoming, IncomingFile } from './incoming.js';
import type { LedgerEntry } from './ledger.js';
import { Progress } from './progress.js';
import { type Proof, proofsOf } from './proof.js';
import { sourceUrl } from './source.js';

/** A regular file on disk and the object it should be. */
export interface Subject {
  path: string;
  stats: Stats;
  wanted: Wanted;
  entry: LedgerEntry | undefined;
  client: S3Client;
  /** Do not take the fingerprint's word for it. */
  alwaysHash: boolean;
  /** Where bytes go that must be fetched to know; undefined keeps none of them. */
  incoming: Incoming | undefined;
}

export type Verdict =
  | { same: true; by: string; digests: Digests; known: boolean }
  | { same: false; why: string; is: string; held?: Held };

/** Bytes that were fetched to compare and are at hand to be put in place. */
export interface Held {
  file: IncomingFile;
  arrival: Arrival;
}

/**
 * Whether a file holds an object's bytes, by the cheapest sure proof: the ledger and the file's
 * fingerprint; what the ledger says the bytes were; what S3 vouches for; and at last the bytes.
 */
export async function compare(subject: Subject): Promise<Verdict> {
  const { stats, entry, wanted } = subject;
  const { remote } = wanted;
  const knownObject =
    entry !== undefined &&
    remote.etag !== '' &&
    entry.etag === remote.etag &&
    entry.size === remote.size &&
    entry.source === sourceUrl(remote.bucket, remote.key);
  const untouched = entry !== undefined && entry.fingerprint === fingerprint(stats);

  if (knownObject && untouched && !subject.alwaysHash) {
    return {
      same: true,
      by: 'the ledger and its fingerprint',
      digests: entry.digests,
      known: true,
    };
  }
  if (stats.size !== remote.size) {
    const is = untouched ? describe(entry) : `${stats.size} bytes`;
    return { same: false, why: `it has ${stats.size} bytes, the object ${remote.size}`, is };
  }
  if (knownObject) return byLedger(subject, entry);
  const is = untouched ? describe(entry) : undefined;
  return byProof(subject, is);
}

async function byLedger({ path }: Subject, entry: LedgerEntry): Promise<Verdict> {
  const name = Object.keys(entry.digests)[0] as DigestName;
  const digests = await digestFile(path, [name]);
  if (digests[name] === entry.digests[name]) {
    return {
      same: true,
      by: `its ${name} is what came from S3`,
      digests: entry.digests,
      known: false,
    };
  }
  return { same: false, why: `its bytes were changed on disk`, is: `{${name}}${digests[name]}` };
}

async function byProof(subject: Subject, known: string | undefined): Promise<Verdict> {
  const { path, client } = subject;
  let { wanted } = subject;
  let proofs = await askProofs(wanted, client);
  let digests = await digestFile(
    path,
    proofs.map(({ digest }) => digest),
  );
  let proof = matching(proofs, digests);
  if (!proof && wanted.remote.etagIsMd5 === undefined) {
    // From a listing: HEAD tells what the ETag really is, and what checksums there are.
    const { bucket, key } = wanted.remote;
    wanted = { ...wanted, remote: await client.head(bucket, key) };
    proofs = await askProofs(wanted, client);
    digests = {
      ...digests,
      ...(await digestFile(
        path,
        proofs.map(({ digest }) => digest),
      )),
    };
    proof = matching(proofs, digests);
  }
  const first = Object.keys(digests)[0] as DigestName | undefined;
  const is = known ?? (first ? `{${first}}${digests[first]}` : `${subject.stats.size} bytes`);
  if (proof) {
    return {
      same: true,
      by: `its ${proof.digest} is what S3 vouches for`,
      digests: { [proof.digest]: proof.value },
      known: false,
    };
  }
  if (proofs.some(({ conclusive }) => conclusive)) {
    return { same: false, why: `its ${first} is not what S3 vouches for`, is };
  }
  return byFetching({ ...subject, wanted }, known);
}

function askProofs(wanted: Wanted, client: S3Client): Promise<Proof[]> {
  const { bucket, key } = wanted.remote;
  const version = wanted.versionId === undefined ? {} : { versionId: wanted.versionId };
  return proofsOf(wanted.remote, () => client.head(bucket, key, { ...version, partNumber: 1 }));
}

function matching(proofs: Proof[], digests: Digests): Proof | undefined {
  return proofs.find(({ digest, value }) => digests[digest] === value);
}

async function byFetching(subject: Subject, known: string | undefined): Promise<Verdict> {
  const { path, client, incoming, wanted } = subject;
  client.options.log(
    'debug',
    `${path}: the ETag ${wanted.remote.etag} proves nothing, fetching the object to compare`,
  );
  const file = await incoming?.create(path);
  try {
    const progress = new Progress(path, wanted.remote.size, client.options.log);
    const arrival = await download(client, { ...wanted, progress }, file?.fd);
    const name = Object.keys(arrival.digests)[0] as DigestName;
    const digests = await digestFile(path, [name]);
    if (digests[name] === arrival.digests[name]) {
      file?.discard();
      return {
        same: true,
        by: 'the object was fetched and has the same bytes',
        digests: arrival.digests,
        known: false,
      };
    }
    return {
      same: false,
      why: 'the object was fetched and has other bytes',
      is: known ?? `{${name}}${digests[name]}`,
      ...(file ? { held: { file, arrival } } : {}),
    };
  } catch (error) {
    file?.discard();
    throw error;
  }
}

/** An object as the report names it. */
export function describe(object: { etag: string; versionId?: string }): string {
  return `"${object.etag}"${object.versionId ? ` version ${object.versionId}` : ''}`;
}
