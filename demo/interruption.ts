import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A Ctrl-C or its like: what is under way is told to stop, and nothing new begins. */
export class Interruption {
  signal: (typeof SIGNALS)[number] | undefined;
  readonly #stops = new Set<() => void>();

  constructor(readonly onSignal: () => void) {
    for (const signal of SIGNALS) process.on(signal, () => this.#interrupt(signal));
  }

  /** As a shell tells the end by a signal. */
  get exitCode(): number {
    return this.signal ? 128 + constants.signals[this.signal] : 0;
  }

  check(): void {
    if (this.signal) throw new Error(`interrupted by ${this.signal}`);
  }

  /** Calls `stop` if it comes to that while `work` is under way. */
  async stopping<T>(work: Promise<T>, stop: () => void): Promise<T> {
    this.#stops.add(stop);
    try {
      return await work;
    } finally {
      this.#stops.delete(stop);
    }
  }

  #interrupt(signal: (typeof SIGNALS)[number]): void {
    // npm and tsx pass on what a terminal has sent to us as well, so it may come twice.
    if (this.signal) return;
    this.signal = signal;
    this.onSignal();
    for (const stop of this.#stops) stop();
  }
}
