import { parsePin } from './checksum.js';
import type { LedgerEntry } from './ledger.js';
import { exists } from './local.js';
import type { S3Resource } from './resource.js';

/** Names what was extracted where, for the ledger; bytes that S3 was never asked of, by their pin. */
export function extraction(resource: S3Resource, etag: string): string | undefined {
  if (resource.extract === undefined) return undefined;
  return `${etag || (resource.checksum ?? '')} to ${resource.extract}`;
}

/** Of a file that was not brought by us, `creates` is the operator's word that it was extracted. */
export function adoptedExtraction(resource: S3Resource, etag: string): string | undefined {
  if (resource.creates === undefined || !exists(resource.creates)) return undefined;
  return extraction(resource, etag);
}

/** An archive is extracted when it is new, or when `creates` is gone. */
export function extractionDue(resource: S3Resource, entry: LedgerEntry, etag: string): boolean {
  if (resource.extract === undefined) return false;
  if (resource.creates !== undefined && !exists(resource.creates)) return true;
  return entry.extracted !== extraction(resource, etag);
}

/** Whether the archive is gone because this very one was extracted and cleaned up. */
export function isExtracted(resource: S3Resource, entry: LedgerEntry, etag: string): boolean {
  return resource.cleanup === true && entry.etag === etag && !extractionDue(resource, entry, etag);
}

/** Whether the very bytes that are pinned were extracted, and the archive was cleaned up. */
export function isPinnedAndExtracted(
  resource: S3Resource,
  entry: LedgerEntry | undefined,
): boolean {
  if (!entry || resource.checksum === undefined) return false;
  const { algorithm, hex } = parsePin(resource.checksum);
  return entry.digests[algorithm] === hex && isExtracted(resource, entry, entry.etag);
}
