/** Names whose values are no one's business, in JSON, forms and headers alike. */
const SECRET_NAME =
  /pass(word|wd|phrase)?$|^pw$|secret|token|api[-_]?key|authorization|credential|private[-_]?key|cookie|^session/i;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

const HIDDEN = '[redacted]';

/** `name=value` and `"name": "value"`, whole or cut short. */
const NAMED =
  /(?<![\w-])(["']?)([\w-]{1,64})\1(\s{0,9}[:=]\s{0,9})("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s&,;<>"'}]+)/g;

/** A body as a message may show it: by its structure where it has one, else by what looks so. */
export function conceal(text: string): string {
  const value = parsed(text);
  if (typeof value === 'object' && value !== null) return JSON.stringify(concealed(value));
  return text
    .replace(/\b(Bearer|Basic)\s+[\w+/=.~-]+/gi, `$1 ${HIDDEN}`)
    .replace(NAMED, (all, quote: string, name: string, between: string) =>
      isSecretName(name) ? `${quote}${name}${quote}${between}${HIDDEN}` : all,
    );
}

function concealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(concealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecretName(name) ? HIDDEN : concealed(inner),
    ]),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
