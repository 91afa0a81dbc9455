import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { messageOf } from '../ts/helper/errors.js';

/** What a step tells while it runs; each line is shown below it. */
export type Tell = (line: string) => void;

type Style = Parameters<typeof styleText>[0];

/** Shows each step: what it does, how long that took, what happened, and what that proves. */
export class Stage {
  readonly #begun = performance.now();
  #steps = 0;

  constructor(
    readonly out: WriteStream,
    /** Throws where no step may begin any more. */
    readonly check: () => void,
  ) {}

  say(text: string): void {
    this.out.write(`${text}\n`);
  }

  /** A step that only makes ready for others; gives what `work` gives. */
  async prepare<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#run(what, [], work);
  }

  /** A step whose success proves what `work` gives back in words. */
  async prove(what: string, work: (tell: Tell) => Promise<string>): Promise<void> {
    const lines: string[] = [];
    const proof = await this.#run(what, lines, () => work((line) => lines.push(line)));
    this.say(`  ${this.#style('cyan', `→ ${proof}`)}`);
  }

  failed(error: unknown): void {
    for (const line of messageOf(error).trimEnd().split('\n')) {
      this.say(`  ${this.#style('red', line)}`);
    }
  }

  summary(): string {
    return `${this.#steps} steps in ${seconds(this.#begun)}, and all of it held.`;
  }

  async #run<T>(what: string, lines: string[], work: () => Promise<T>): Promise<T> {
    this.check();
    const begun = performance.now();
    const show = (mark: string): void => {
      if (this.out.isTTY) this.out.write('\r\x1b[K');
      this.say(`${mark} ${what.padEnd(72)} ${seconds(begun).padStart(6)}`);
      for (const line of lines) this.say(`  ${this.#style('dim', line)}`);
    };
    // On a terminal it is there while it runs as well, and then written over.
    if (this.out.isTTY) this.out.write(`… ${what}`);
    try {
      const result = await work();
      show(this.#style('green', '✓'));
      this.#steps++;
      return result;
    } catch (error) {
      show(this.#style('red', '✗'));
      throw error;
    }
  }

  #style(style: Style, text: string): string {
    const plain = !this.out.isTTY || process.env.NO_COLOR;
    return plain ? text : styleText(style, text);
  }
}

function seconds(begun: number): string {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
}
