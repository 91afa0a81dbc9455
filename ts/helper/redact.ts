/** Takes known secrets out of every text that leaves the process. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** A secret shorter than this would redact half of every message; no real one is. */
  static readonly MIN_LENGTH = 4;

  add(...secrets: (string | undefined)[]): void {
    for (const secret of secrets) {
      if (!secret || secret.length < Redactor.MIN_LENGTH) continue;
      this.#secrets.add(secret);
      // A URL, a JSON text or a header may hold it in another spelling.
      this.#secrets.add(encodeURIComponent(secret));
      this.#secrets.add(JSON.stringify(secret).slice(1, -1));
    }
  }

  clean(text: string): string {
    let out = text;
    for (const secret of this.#secrets) {
      if (out.includes(secret)) out = out.replaceAll(secret, '[redacted]');
    }
    return out;
  }
}
