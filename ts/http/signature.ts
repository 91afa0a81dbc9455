import { createHmac } from 'node:crypto';
import type { HeaderFields } from './headers.js';
import type { HttpResource } from './resource.js';

/**
 * Signs the bytes of a body as those who send webhooks do. `id` names the delivery, the same at
 * each attempt, so that a receiver knows a repeat.
 */
export function signatureFor(
  { signature, secret = '' }: Pick<HttpResource, 'signature' | 'secret'>,
  body: Buffer,
  id: string,
  now = new Date(),
): HeaderFields {
  switch (signature) {
    case 'github':
      return {
        'x-hub-signature-256': `sha256=${hmac(secret, body).toString('hex')}`,
        'x-github-delivery': id,
      };
    case 'bitbucket':
      return {
        'x-hub-signature': `sha256=${hmac(secret, body).toString('hex')}`,
        'x-request-uuid': id,
      };
    case 'standard': {
      const timestamp = Math.floor(now.getTime() / 1000).toString();
      const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
      return {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${hmac(standardKey(secret), signed).toString('base64')}`,
      };
    }
    default:
      return {};
  }
}

/** Standard Webhooks writes its secrets as base64 after `whsec_`. */
function standardKey(secret: string): string | Buffer {
  const prefix = 'whsec_';
  return secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), 'base64') : secret;
}

function hmac(key: string | Buffer, bytes: Buffer): Buffer {
  return createHmac('sha256', key).update(bytes).digest();
}
