import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A request as it goes over the wire: path and query are already percent-encoded. */
export interface Unsigned {
  method: string;
  host: string;
  path: string;
  query: readonly (readonly [string, string])[];
  headers: Readonly<Record<string, string>>;
  body?: string;
}

export interface Scope {
  region: string;
  service: 's3' | 'sts';
}

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * AWS Signature Version 4. Our own because the SDK's signer, asynchronous through and through,
 * costs more CPU than sending the request; a property test holds it against that signer.
 * Returns all headers to send but `host`.
 */
export function sign(
  request: Unsigned,
  credentials: Credentials,
  scope: Scope,
  now: Date,
): Record<string, string> {
  const timestamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = timestamp.slice(0, 8);
  const bodyHash = request.body === undefined ? EMPTY_SHA256 : sha256(request.body);
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': timestamp };
  if (scope.service === 's3') headers['x-amz-content-sha256'] = bodyHash;
  if (credentials.sessionToken) headers['x-amz-security-token'] = credentials.sessionToken;

  const signed = [...Object.entries(headers), ['host', request.host] as const]
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const names = signed.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    request.path,
    canonicalQuery(request.query),
    ...signed.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    bodyHash,
  ].join('\n');

  const scopeText = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scopeText}\n${sha256(canonical)}`;
  const signature = createHmac('sha256', signingKey(credentials.secretAccessKey, day, scope))
    .update(toSign)
    .digest('hex');
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scopeText}, SignedHeaders=${names}, Signature=${signature}`;
  return headers;
}

/** RFC 3986 encoding as AWS wants it: everything but letters, digits, `-`, `.`, `_`, `~`. */
export function encodeAll(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

export function encodePath(key: string): string {
  return encodeAll(key).replaceAll('%2F', '/');
}

function canonicalQuery(query: Unsigned['query']): string {
  // By name, then by value: the text of the pair would sort `=` among the characters of names.
  return [...query]
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The key is good for a day, a region and a service, and costs four HMACs to derive. */
let cached: { id: string; key: KeyObject } | undefined;

function signingKey(secret: string, day: string, scope: Scope): KeyObject {
  const id = `${secret}/${day}/${scope.region}/${scope.service}`;
  if (cached?.id !== id) {
    const key = [day, scope.region, scope.service, 'aws4_request'].reduce<Buffer | string>(
      (previous, text) => createHmac('sha256', previous).update(text).digest(),
      `AWS4${secret}`,
    ) as Buffer;
    cached = { id, key: createSecretKey(key) };
  }
  return cached.key;
}

function sha256(text: string): string {
  return hash('sha256', text);
}
