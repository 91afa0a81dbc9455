type Ending = () => Promise<void>;

/** Ends what was started, the last first, each once. */
export class Teardown {
  readonly #endings: Ending[] = [];

  /** Keeps what ends a thing; what comes back does so at once, and not again later. */
  add(end: () => Promise<void> | void): Ending {
    let ended: Promise<void> | undefined;
    const once: Ending = () => {
      ended ??= Promise.resolve(end());
      return ended;
    };
    this.#endings.unshift(once);
    return once;
  }

  async run(): Promise<void> {
    for (const end of this.#endings) await end();
  }
}
