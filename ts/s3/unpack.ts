import { rmSync } from 'node:fs';
import { UserError } from '../helper/errors.js';
import type { Environment } from './environment.js';
import { explainDisk } from './explain-disk.js';
import { extraction } from './extraction.js';
import { look } from './local.js';
import type { S3Resource } from './resource.js';

type Known = Pick<Environment, 'ledger' | 'log'>;

/** Extracts the archive at its path, where that is asked for, and removes it then if that is, too. */
export async function unpack(resource: S3Resource, etag: string, env: Known): Promise<boolean> {
  const { path, extract } = resource;
  if (extract === undefined) return false;
  const { extractArchive } = await import('./archive.js');
  const owner = resource.owner === undefined ? {} : { owner: resource.owner };
  const group = resource.group === undefined ? {} : { group: resource.group };
  const { entries } = await extractArchive(path, extract, { ...owner, ...group });
  env.log('info', `${path}: ${entries} entries extracted to ${extract}`);
  if (resource.creates !== undefined && !look(resource.creates)) {
    throw new UserError(
      'creates',
      `${path} was extracted to ${extract}, but ${resource.creates} is still not there; check creates`,
    );
  }
  const entry = env.ledger.get(path);
  if (entry) env.ledger.set(path, { ...entry, extracted: extraction(resource, etag) });
  if (resource.cleanup) cleanUp(path, env);
  return true;
}

/** The ledger still knows of an archive that is gone on purpose. */
export function cleanUp(path: string, { ledger }: Known): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw explainDisk(error, path);
  }
  const entry = ledger.get(path);
  if (entry) ledger.set(path, { ...entry, fingerprint: '' });
}
