/** What the runners of one or more kinds of tests have found. */
export interface Results {
  passed: number;
  /** One text a failure: what failed, and how. */
  failures: string[];
  /** One line a skip: which test, and its reason. */
  skips: string[];
}

export function sum(all: Results[]): Results {
  return {
    passed: all.reduce((total, { passed }) => total + passed, 0),
    failures: all.flatMap(({ failures }) => failures),
    skips: all.flatMap(({ skips }) => skips),
  };
}

export function closingLine({ passed, failures, skips }: Results): string {
  return `${passed} passed, ${failures.length} failed, ${skips.length} skipped`;
}
