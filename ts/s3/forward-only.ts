import type { Stats } from 'node:fs';
import { basename } from 'node:path';
import { printable } from '../helper/printable.js';
import { digestFile } from './digest.js';
import type { Environment } from './environment.js';
import type { Choice, Found } from './find.js';
import type { LedgerEntry } from './ledger.js';
import { plainEtag } from './proof.js';
import type { RemoteObject } from './remote-object.js';
import type { S3Resource } from './resource.js';
import { parseSource } from './source.js';

interface Installed {
  entry: LedgerEntry | undefined;
  stats: Stats | undefined;
  env: Environment;
}

/**
 * A pattern only moves forward: what is installed stays when the greatest on S3 ranks below it,
 * as after a build was withdrawn by mistake. With `ensure => present` it stays in any case.
 */
export async function keepInstalled(
  resource: S3Resource,
  found: Found,
  installed: Installed,
): Promise<Found> {
  const { choice, remote } = found;
  const { env, entry, stats } = installed;
  if (!choice || (!stats && !(resource.cleanup && entry?.extracted))) return found;
  const key = await installedKey(resource, choice, remote.bucket, installed);
  if (key === undefined || key === remote.key) return found;
  const still = choice.candidates.find((candidate) => candidate.key === key);
  if (resource.ensure === 'present') {
    const kept = still ?? (entry && rememberedObject(entry));
    return kept ? { ...found, remote: kept } : found;
  }
  if (choice.compare(remote.key, key) >= 0 || resource.allow_downgrade) return found;

  env.log(
    'warning',
    `the greatest version on S3 is ${printable(basename(remote.key))}, lower than ${printable(basename(key))}, which is installed and kept; set allow_downgrade => true to go back`,
  );
  // Its object is no longer listed: only the ledger can vouch for the bytes.
  if (still) return { ...found, remote: still };
  if (!entry) return found;
  return { ...found, remote: rememberedObject(entry) };
}

/** By the ledger; without it, by an object whose MD5 the file has. */
async function installedKey(
  { path }: S3Resource,
  choice: Choice,
  bucket: string,
  { entry, stats }: Installed,
): Promise<string | undefined> {
  if (entry) {
    const source = parseSource(entry.source);
    return source.bucket === bucket && choice.matches(source.key) ? source.key : undefined;
  }
  if (!stats?.isFile()) return undefined;
  const sameSize = choice.candidates.filter(
    (object) => object.size === stats.size && plainEtag(object),
  );
  if (sameSize.length === 0) return undefined;
  const { md5 } = await digestFile(path, ['md5']);
  return sameSize.find((object) => object.etag === md5)?.key;
}

function rememberedObject(entry: LedgerEntry): RemoteObject {
  const { bucket, key } = parseSource(entry.source);
  return {
    bucket,
    key,
    etag: entry.etag,
    size: entry.size,
    answered: entry.size,
    checksums: {},
    etagIsMd5: false,
  };
}
