import { UserError } from '../helper/errors.js';
import type { HttpResource } from './resource.js';

/** Lower-case names; a list of values is sent as one, as HTTP has it. */
export type HeaderFields = Record<string, string>;

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What the connection itself says. */
const OURS = new Set([
  ...['connection', 'content-length', 'expect', 'keep-alive', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
]);

/** A string is the content type alone. */
export function headersOf(header: HttpResource['header']): HeaderFields {
  const given = typeof header === 'string' ? { 'content-type': header } : (header ?? {});
  const fields: HeaderFields = {};
  for (const [name, value] of Object.entries(given)) {
    const lower = headerName('header', name);
    if (Object.hasOwn(fields, lower))
      throw new UserError('bad_header', `header: ${name} is given twice`);
    fields[lower] = (Array.isArray(value) ? value : [value])
      .map((one) => headerValue(`header: the value of ${name}`, one))
      .join(', ');
  }
  return fields;
}

/** Checked, in lower case; `what` is the attribute that says it. */
export function headerName(what: string, name: string): string {
  const lower = name.toLowerCase();
  if (!NAME.test(name)) {
    throw new UserError('bad_header', `${what}: ${JSON.stringify(name)} is not a header's name`);
  }
  if (OURS.has(lower)) {
    throw new UserError('bad_header', `${what}: ${name} is set by the connection itself`);
  }
  return lower;
}

/** Without what only says of which kind the body is. */
export function withoutContent(fields: HeaderFields): HeaderFields {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => !name.startsWith('content-')),
  );
}

/** Checked; `what` is the attribute that says it. */
export function headerValue(what: string, value: unknown): string {
  const text = String(value ?? '');
  // Anything else would begin another header, or cannot be sent as bytes.
  const fit = [...text].every((char) => {
    const code = char.codePointAt(0) ?? 0;
    return char === '\t' || (code >= 0x20 && code !== 0x7f && code <= 0xff);
  });
  if (fit && typeof value !== 'object') return text;
  throw new UserError(
    'bad_header',
    `${what} has a line break or another character that no header can hold`,
  );
}
