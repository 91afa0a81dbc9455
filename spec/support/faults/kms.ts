import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Fault } from '../fault.js';
import type { Keys } from '../rgw.js';
import type { S3Request } from '../s3-request.js';
import { changedListing, withEtag } from './listing.js';

/**
 * Objects as SSE-KMS shows them: an ETag that looks like an MD5 and is not, in heads, listings and
 * conditions, and changes whenever the true one does. The keys are those that sign the requests.
 */
export function kms(keys: Keys): Fault {
  const known = new Map<string, string>();
  const opaque = (etag: string): string => {
    const shown = opaqueEtag(etag);
    known.set(shown, etag);
    return shown;
  };
  const listing = changedListing((xml) => withEtag(xml, opaque));

  return async (request, server) => {
    if (request.operation === 'LIST') return listing(request, server);
    const reply = await server(await trueConditions(request, known, keys));
    const etag = reply.headers.get('etag');
    if (etag) reply.headers.set('etag', opaque(etag));
    if (reply.status < 300) {
      reply.headers.set('x-amz-server-side-encryption', 'aws:kms');
      reply.headers.set('x-amz-server-side-encryption-aws-kms-key-id', 'arn:aws:kms:test:key');
    }
    return reply;
  };
}

export function opaqueEtag(etag: string): string {
  return `"${createHash('md5')
    .update(`opaque ${etag.replaceAll('"', '')}`)
    .digest('hex')}"`;
}

/** Conditions are signed: with the ETag that the server knows, they need a new signature. */
async function trueConditions(
  request: S3Request,
  known: ReadonlyMap<string, string>,
  keys: Keys,
): Promise<Record<string, string> | undefined> {
  const headers: Record<string, string> = {};
  let changed = false;
  for (const [name, value] of Object.entries(request.headers)) {
    const condition = name === 'if-match' || name === 'if-none-match';
    const etag = condition ? known.get(String(value)) : undefined;
    changed ||= etag !== undefined;
    if (name !== 'authorization') headers[name] = etag ?? String(value);
  }
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/s3\//.exec(request.headers.authorization ?? '');
  if (!changed) return undefined;
  if (!scope) return headers;
  const signer = new SignatureV4({
    credentials: keys,
    region: scope[1] as string,
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const signed = await signer.sign({
    method: request.method,
    protocol: 'http:',
    hostname: 'not.used',
    path: request.path.split('?')[0] as string,
    query: Object.fromEntries(request.query),
    headers,
  });
  return signed.headers;
}
