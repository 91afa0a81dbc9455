import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import { networkReason } from '../net/network-reason.js';
import { RoleError } from './role-error.js';
import { S3Error } from './s3-error.js';
import { sourceUrl } from './source.js';

/** What was asked of whom, for the message. */
export interface Asked {
  bucket: string;
  key: string;
  endpoint: string;
  attempts: number;
}

/** Turns whatever went wrong on the way to S3 into one line that says what to do. */
export function explain(error: unknown, asked: Asked): UserError {
  if (error instanceof UserError) return error;
  const tried = asked.attempts > 1 ? ` (${asked.attempts} attempts)` : '';
  if (error instanceof RoleError) {
    const [code, text] = roleReason(error);
    return new UserError(code, `${error.message}: ${text}${tried}`, { cause: error });
  }
  const where = `${printable(sourceUrl(asked.bucket, asked.key))} at ${asked.endpoint}`;
  const [code, text] =
    error instanceof S3Error
      ? s3Reason(error, asked)
      : networkReason(error, { origin: asked.endpoint, attribute: 'endpoint' });
  return new UserError(code, `${where}: ${text}${tried}`, { cause: error });
}

function s3Reason(error: S3Error, asked: Asked): [string, string] {
  const code = error.code;
  const said = printable(
    error.detail ? `${code}: ${error.detail}` : code || `HTTP ${error.status}`,
  );
  switch (code) {
    case 'NoSuchBucket':
      return [
        'no_such_bucket',
        `bucket '${asked.bucket}' does not exist; check source, region and endpoint`,
      ];
    case 'NoSuchKey':
      return ['no_such_key', `no object with this key; ${hintFor(asked.key)}`];
    case 'NoSuchVersion':
      return ['no_such_version', 'the object has no such version; check version_id'];
    case 'InvalidAccessKeyId':
      return [
        'denied',
        'S3 does not know this access_key_id; check it, and that it belongs to this endpoint',
      ];
    case 'SignatureDoesNotMatch':
      return ['denied', 'the secret_access_key does not belong to the access_key_id; check both'];
    case 'ExpiredToken':
    case 'TokenRefreshRequired':
      return [
        'expired',
        'the session token has expired; renew session_token or let a role provide it',
      ];
    case 'InvalidToken':
      return [
        'denied',
        'S3 does not accept the session_token; it must come with its own access key',
      ];
    case 'RequestTimeTooSkewed':
      return ['clock', "this machine's clock is too far from S3's; set it (NTP)"];
    case 'InvalidObjectState':
      return ['archived', 'the object is in an archive storage class; restore it first'];
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
      return [
        'wrong_region',
        `the bucket is not in this region${error.region ? ` but in ${error.region}` : ''}; set region (${said})`,
      ];
  }
  if (error.status === 404) return ['no_such_key', `not found (${said}); check source`];
  if (error.status === 412) {
    return ['replaced', 'the object was replaced on S3 while it was being fetched; try again'];
  }
  if (error.status === 401 || error.status === 403) {
    return [
      'denied',
      `access denied (${said}); allow s3:GetObject, and s3:ListBucket for prefixes and to tell a missing key, to these credentials`,
    ];
  }
  if (error.status === 503 || error.status === 429 || code === 'SlowDown') {
    return ['slow_down', `S3 asks to slow down (${said}); try again later`];
  }
  if (error.status >= 500) return ['server_error', `S3 failed (${said}); try again later`];
  if (error.status >= 300 && error.status < 400) {
    return ['wrong_endpoint', `S3 redirects (${said}); check endpoint and region`];
  }
  return ['refused', `S3 refused the request (${said})`];
}

function roleReason({ cause, endpoint }: RoleError): [string, string] {
  if (!(cause instanceof S3Error))
    return networkReason(cause, { origin: endpoint, attribute: 'endpoint' });
  return ['server_error', `the server failed (${printable(cause.message)}); try again later`];
}

/** What the writer of such a source may have meant. */
function hintFor(key: string): string {
  if (/[*?[]/.test(key)) return 'a pattern needs ensure => latest';
  return 'check source (a prefix ends with /), or upload it first';
}
