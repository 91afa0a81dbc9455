import type { Log } from '../helper/serve.js';

const EVERY_MS = 5_000;

/** Tells at info level how far a long transfer has come. */
export class Progress {
  #done = 0;
  readonly #begun = Date.now();
  #told = Date.now();

  constructor(
    readonly what: string,
    readonly total: number,
    readonly log: Log,
  ) {}

  add(bytes: number): void {
    this.#done += bytes;
    const now = Date.now();
    if (now - this.#told < EVERY_MS) return;
    this.#told = now;
    const rate = this.#done / ((now - this.#begun) / 1000);
    this.log(
      'info',
      `${this.what}: ${size(this.#done)} of ${size(this.total)} (${percent(this.#done, this.total)}), ${size(rate)}/s`,
    );
  }

  /** Bytes that came in vain and come again. */
  takeBack(bytes: number): void {
    this.#done -= bytes;
  }
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / Math.max(total, 1))} %`;
}

/** Bytes as a person reads them. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
