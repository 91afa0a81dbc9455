import { randomUUID } from 'node:crypto';
import { UserError } from '../helper/errors.js';
import type { Transport } from '../net/transport.js';
import { awsEndpoint, type Connection, DEFAULT_REGION, urlOf } from './connection.js';
import { type CredentialsProvider, remembered } from './credentials.js';
import { element, unescapeXml } from './listing.js';
import { RoleError } from './role-error.js';
import { S3Error } from './s3-error.js';
import { encodeAll, sign } from './sign.js';

/**
 * STS AssumeRole. S3 servers of one's own answer it at their endpoint; an endpoint of Amazon's
 * (a VPC endpoint, say) is of S3 alone.
 */
export function assumeRole(
  connection: Connection,
  base: CredentialsProvider,
  transportFor: (origin: string) => Transport,
): CredentialsProvider {
  const region = connection.region ?? DEFAULT_REGION;
  const own =
    connection.endpoint && !/\.amazonaws\.com(\.cn)?$/.test(urlOf(connection.endpoint).hostname);
  const url = urlOf(own && connection.endpoint ? connection.endpoint : awsEndpoint('sts', region));
  const parameters: [string, string][] = [
    ['Action', 'AssumeRole'],
    ['Version', '2011-06-15'],
    ['RoleArn', connection.role_arn ?? ''],
    ['RoleSessionName', `puppet-${randomUUID()}`],
  ];
  if (connection.external_id) parameters.push(['ExternalId', connection.external_id]);
  const body = parameters.map(([name, value]) => `${name}=${encodeAll(value)}`).join('&');

  return remembered(async () => {
    const credentials = await base();
    if (!credentials)
      throw new UserError('no_credentials', 'role_arn needs credentials of its own');
    const headers = sign(
      {
        method: 'POST',
        host: url.host,
        path: '/',
        query: [],
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      },
      credentials,
      { region, service: 'sts' },
      new Date(),
    );
    const request = { method: 'POST' as const, path: '/', headers, body };
    const failed = (cause: unknown): RoleError =>
      new RoleError(connection.role_arn ?? '', url.origin, cause);
    const answer = await transportFor(url.origin)
      .send(request)
      .catch((error: unknown) => {
        throw failed(error);
      });
    const xml = answer.body.toString('utf8');
    const field = (name: string): string => unescapeXml(element(xml, name) ?? '');
    if (answer.status !== 200 || !field('AccessKeyId')) {
      const error = S3Error.from(answer.status, answer.headers, answer.body);
      if (error.status >= 500) throw failed(error);
      throw new UserError(
        'denied',
        `cannot assume ${connection.role_arn} at ${url.origin} (${error.message}); check role_arn, external_id and the role's trust policy`,
      );
    }
    return {
      credentials: {
        accessKeyId: field('AccessKeyId'),
        secretAccessKey: field('SecretAccessKey'),
        sessionToken: field('SessionToken'),
      },
      expires: new Date(field('Expiration')),
    };
  });
}
