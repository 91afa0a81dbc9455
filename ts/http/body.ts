import { createHash } from 'node:crypto';
import { UserError } from '../helper/errors.js';
import type { HttpResource } from './resource.js';

export interface Body {
  bytes: Buffer;
  type: string;
}

/** What `data` is on the wire, in the way that its content type asks for. */
export function bodyOf(
  data: HttpResource['data'],
  contentType: string | undefined,
): Body | undefined {
  if (data === undefined) return undefined;
  if ('text' in data) {
    return { bytes: Buffer.from(data.text), type: contentType ?? 'text/plain; charset=utf-8' };
  }
  const type = contentType ?? 'application/json';
  const media = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (media === 'application/json' || media.endsWith('+json')) {
    return { bytes: Buffer.from(data.json), type };
  }
  const value = JSON.parse(data.json) as unknown;
  if (media === 'application/x-www-form-urlencoded') return { bytes: form(fields(value)), type };
  if (media === 'multipart/form-data') return multipart(fields(value));
  throw new UserError(
    'bad_content_type',
    `data is a Hash or an Array, which ${media} cannot hold; make it a String, or the content type JSON, application/x-www-form-urlencoded or multipart/form-data`,
  );
}

type Field = [name: string, value: string];

function fields(value: unknown): Field[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError('bad_form', 'data must be a Hash to be sent as a form');
  }
  return Object.entries(value).flatMap(([name, given]) =>
    (Array.isArray(given) ? given : [given]).map((one: unknown): Field => [name, text(name, one)]),
  );
}

function text(name: string, value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    throw new UserError('bad_form', `data: a form has no nested values, and ${name} is one`);
  }
  return String(value ?? '');
}

function form(pairs: Field[]): Buffer {
  return Buffer.from(new URLSearchParams(pairs).toString());
}

/** The boundary comes from what is between, so that the same fields are the same bytes. */
function multipart(pairs: Field[]): Body {
  const digest = createHash('sha256').update(JSON.stringify(pairs)).digest('hex').slice(0, 32);
  const boundary = `webhook-${digest}`;
  const parts = pairs.map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  );
  return {
    bytes: Buffer.from(`${parts.join('')}--${boundary}--\r\n`),
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

/** As browsers write it. */
function quoted(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
