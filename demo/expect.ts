/** What a step says is proved only as long as all of this holds. */
export function expect(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`this does not hold: ${what}`);
}
