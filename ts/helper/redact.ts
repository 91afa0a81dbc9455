/** Takes known secrets out of every text that leaves the process. */
export class Redactor {
  readonly #secrets = new Set<string>();
  #spellings: string[] = [];

  /** A secret shorter than this would redact half of every message; no real one is. */
  static readonly MIN_LENGTH = 4;

  add(...secrets: (string | undefined)[]): void {
    for (const secret of secrets) {
      if (!secret || secret.length < Redactor.MIN_LENGTH || this.#secrets.has(secret)) continue;
      this.#secrets.add(secret);
      // The longest first: a secret that begins another must not leave the other's end.
      this.#spellings = [...new Set([...this.#spellings, ...spellings(secret)])].sort(
        (a, b) => b.length - a.length,
      );
    }
  }

  clean(text: string): string {
    let out = text;
    for (const spelling of this.#spellings) {
      if (out.includes(spelling)) out = out.replaceAll(spelling, '[redacted]');
    }
    return out;
  }
}

/** As a URL, a signed request, a JSON text or a header may hold it. */
function spellings(secret: string): string[] {
  // A lone surrogate, which no URL can hold, would throw.
  const url = encodeURIComponent(Buffer.from(secret).toString());
  const signed = url.replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return [secret, url, signed, JSON.stringify(secret).slice(1, -1)];
}
