/**
 * Names on disk are bytes, and not all of them UTF-8. As Python's surrogateescape does, a byte
 * that is no text becomes U+DC00 plus the byte: no key has that, so it is never taken for one.
 */
const ESCAPED = /[\udc80-\udcff]/;
const ESCAPE = 0xdc00;

export function nameOf(bytes: Buffer): string {
  const text = bytes.toString();
  if (!text.includes('\ufffd')) return text;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    name += character?.toString() ?? String.fromCharCode(ESCAPE | (bytes[at] as number));
    at += character?.length ?? 1;
  }
  return name;
}

/** For system calls: as it is, but for what only bytes can say. */
export function pathOf(name: string): string | Buffer {
  if (!ESCAPED.test(name)) return name;
  // By characters, so that the second half of a pair is not taken for an escaped byte.
  return Buffer.concat(
    Array.from(name, (character) =>
      character.length === 1 && ESCAPED.test(character)
        ? Buffer.of(character.charCodeAt(0) & 0xff)
        : Buffer.from(character),
    ),
  );
}

function characterAt(bytes: Buffer, at: number): Buffer | undefined {
  for (let length = 1; length <= 4; length++) {
    const character = bytes.subarray(at, at + length);
    if (Buffer.from(character.toString()).equals(character)) return character;
  }
  return undefined;
}
