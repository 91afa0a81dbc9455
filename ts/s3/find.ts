import { UserError } from '../helper/errors.js';
import type { S3Client } from './client.js';
import { compilePattern, literalPrefix } from './glob.js';
import { listAll } from './list-all.js';
import type { ListedObject } from './listing.js';
import type { RemoteObject } from './remote-object.js';
import type { S3Resource } from './resource.js';
import { compareKeys } from './safe-key.js';
import { parseSource, sourceUrl } from './source.js';
import { compareVersions, versionIn } from './version-order.js';

/** The object that a resource's source means now, and those it was chosen from. */
export interface Found {
  remote: RemoteObject;
  /** Set where the source is a pattern. */
  choice?: Choice;
}

export interface Choice {
  candidates: RemoteObject[];
  /** The order of two keys by the version in them. */
  compare(a: string, b: string): number;
  matches(key: string): boolean;
}

/** A resource whose source names one object, or a pattern that one object is chosen by. */
export async function find(resource: S3Resource, client: S3Client): Promise<Found> {
  const { bucket, key } = parseSource(resource.source ?? '');
  const pattern = patternOf(resource, key);
  if (pattern === undefined) {
    return {
      remote: await client.head(
        bucket,
        key,
        resource.version_id === undefined ? {} : { versionId: resource.version_id },
      ),
    };
  }
  const { matches, prefix, wildcard, version } = pattern;
  const candidates: RemoteObject[] = [];
  for await (const object of listAll(client, bucket, prefix)) {
    if (matches(object.key)) candidates.push(fromListing(bucket, object));
  }
  const compare = (a: string, b: string): number =>
    compareVersions(version(a), version(b)) || compareKeys(a, b);
  const exact =
    resource.ensure === 'present' ? candidates.find((object) => object.key === key) : undefined;
  const remote =
    exact ??
    candidates.reduce<RemoteObject | undefined>(
      (best, object) => (best && compare(best.key, object.key) >= 0 ? best : object),
      undefined,
    );
  if (!remote) {
    throw new UserError(
      'no_such_key',
      `${sourceUrl(bucket, wildcard)} at ${client.endpointOf(bucket)}: no object matches; check source, or upload one first`,
    );
  }
  return { remote, choice: { candidates, compare, matches } };
}

/** Whether the source is to be listed; a literal key may hold a `*` as long as ensure is present. */
export function isPattern(resource: S3Resource): boolean {
  return (
    resource.source !== undefined &&
    patternOf(resource, parseSource(resource.source).key) !== undefined
  );
}

/** What is published beside a build to vouch for it is not its next version. */
const BESIDE_A_BUILD = /\.((md5|sha\d+)(sum)?|asc|sig|pom)$/i;

interface Pattern {
  wildcard: string;
  prefix: string;
  matches(key: string): boolean;
  version(key: string): string;
}

function patternOf(resource: S3Resource, key: string): Pattern | undefined {
  if (resource.name_prefix) {
    // A name that ends in a digit goes on with something else: 1.2 is not the beginning of 1.20.
    const digitEnd = /\d$/.test(key);
    const matches = (other: string): boolean =>
      other.startsWith(key) &&
      !other.slice(key.length).includes('/') &&
      !(digitEnd && /^\d/.test(other.slice(key.length))) &&
      isMeant(other, key);
    const version = (other: string): string => versionIn(other.slice(key.length), '*');
    return { wildcard: `${key}*`, prefix: key, matches, version };
  }
  if (resource.ensure !== 'latest' || literalPrefix(key) === key) return undefined;
  const matches = compilePattern(key);
  return {
    wildcard: key,
    prefix: literalPrefix(key),
    matches: (other) => matches(other) && isMeant(other, key),
    version: (other) => versionIn(other, key),
  };
}

/** Where the pattern itself ends so, that is what is wanted. */
function isMeant(key: string, pattern: string): boolean {
  return BESIDE_A_BUILD.test(pattern) || !BESIDE_A_BUILD.test(key);
}

export function fromListing(bucket: string, object: ListedObject): RemoteObject {
  return {
    bucket,
    key: object.key,
    etag: object.etag,
    size: object.size,
    answered: object.size,
    checksums: {},
    etagIsMd5: undefined,
  };
}
