import type { LedgerEntry } from './ledger.js';
import { exists } from './local.js';
import type { RemoteObject } from './remote-object.js';
import type { S3Resource } from './resource.js';

/** Names what was extracted where, for the ledger. */
export function extraction(resource: S3Resource, remote: RemoteObject): string | undefined {
  return resource.extract === undefined ? undefined : `${remote.etag} to ${resource.extract}`;
}

/**
 * An archive is extracted when it is new, or when `creates` is gone. For a file that is right but
 * was not brought by us, `creates` is the operator's word that it was extracted.
 */
export function extractionDue(
  resource: S3Resource,
  entry: LedgerEntry | undefined,
  remote: RemoteObject,
  trustCreates: boolean,
): boolean {
  if (resource.extract === undefined) return false;
  if (resource.creates !== undefined && !exists(resource.creates)) return true;
  if (!entry) return !(trustCreates && resource.creates !== undefined);
  return entry.extracted !== extraction(resource, remote);
}

/** Whether the archive is gone because this very one was extracted and cleaned up. */
export function isExtracted(
  resource: S3Resource,
  entry: LedgerEntry,
  remote: RemoteObject,
): boolean {
  return (
    resource.cleanup === true &&
    entry.etag === remote.etag &&
    !extractionDue(resource, entry, remote, false)
  );
}
