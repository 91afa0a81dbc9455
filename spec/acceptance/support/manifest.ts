/** What a test writes into a manifest; undefined leaves an attribute out. */
export type Value = string | number | boolean | undefined | Code | readonly string[];
export type Attributes = Record<string, Value>;

/** Puppet code, as it stands. */
export interface Code {
  code: string;
}

export function sensitive(text: string): Code {
  return { code: `Sensitive(${quoted(text)})` };
}

/** A Hash of the Puppet language. */
export function hash(entries: Record<string, Value>): Code {
  const pairs = Object.entries(entries).map(
    ([key, value]) => `${quoted(key)} => ${literal(value)}`,
  );
  return { code: `{ ${pairs.join(', ')} }` };
}

export function resource(type: string, title: string, attributes: Attributes = {}): string {
  const lines = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${name} => ${literal(value)},\n`);
  return `${type} { ${quoted(title)}:\n${lines.join('')}}\n`;
}

function literal(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(quoted).join(', ')}]`;
  if (typeof value === 'object') return (value as Code).code;
  return typeof value === 'string' ? quoted(value) : String(value);
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
