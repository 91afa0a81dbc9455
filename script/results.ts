/** What the runners of one or more kinds of tests have found. */
export interface Results {
  passed: number;
  failed: number;
  /** One line a skip: which test, and its reason. */
  skips: string[];
}

export function sum(all: Results[]): Results {
  return {
    passed: all.reduce((total, { passed }) => total + passed, 0),
    failed: all.reduce((total, { failed }) => total + failed, 0),
    skips: all.flatMap(({ skips }) => skips),
  };
}

export function closingLine({ passed, failed, skips }: Results): string {
  return `${passed} passed, ${failed} failed, ${skips.length} skipped`;
}
