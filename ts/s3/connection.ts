import { UserError } from '../helper/errors.js';
import type { S3Resource } from './resource.js';

/** Everything that decides how S3 is reached; resources that agree on it share one client. */
const FIELDS = [
  'access_key_id',
  'secret_access_key',
  'session_token',
  'profile',
  'role_arn',
  'external_id',
  'anonymous',
  'region',
  'endpoint',
  'force_path_style',
  'ca_file',
  'request_payer',
  'sse_customer_key',
] as const;

export type Connection = Pick<S3Resource, (typeof FIELDS)[number]>;

export function connectionId(connection: Connection): string {
  return JSON.stringify(FIELDS.map((field) => connection[field] ?? null));
}

export const DEFAULT_REGION = 'us-east-1';

/** Scheme and host to talk to, and the path before the key. */
export interface Address {
  origin: string;
  host: string;
  base: string;
}

/**
 * With an endpoint of one's own the bucket goes into the path unless asked otherwise: few of
 * those servers have a DNS name for each bucket. AWS gets virtual hosts, except for names with
 * dots, which its certificate does not cover.
 */
export function addressOf(bucket: string, region: string, connection: Connection): Address {
  const pathStyle = connection.force_path_style ?? (!!connection.endpoint || bucket.includes('.'));
  const url = urlOf(connection.endpoint ?? awsEndpoint('s3', region));
  const root = url.pathname.replace(/\/$/, '');
  const host = pathStyle ? url.host : `${bucket}.${url.host}`;
  return {
    origin: `${url.protocol}//${host}`,
    host,
    base: pathStyle ? `${root}/${bucket}` : root,
  };
}

/** Of an endpoint as the operator wrote it, or with the region that he wrote. */
export function urlOf(endpoint: string): URL {
  if (URL.canParse(endpoint)) return new URL(endpoint);
  throw new UserError('bad_endpoint', `${endpoint} is not a URL; check endpoint and region`);
}

export function awsEndpoint(service: 's3' | 'sts', region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}
