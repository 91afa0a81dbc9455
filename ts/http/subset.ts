/** Where an answer is not what it must contain. */
export interface Mismatch {
  /** `servers[0].state`; empty for the answer as a whole. */
  at: string;
  /** Undefined where there is nothing. */
  is: unknown;
  should: unknown;
}

/**
 * Whether `actual` contains `expected`: an object may have more keys, a list more elements in any
 * order, each of which serves once; all else must be equal, types too.
 */
export function mismatch(expected: unknown, actual: unknown, at = ''): Mismatch | undefined {
  const differs: Mismatch = { at, is: actual, should: expected };
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return differs;
    const missing = firstWithoutPartner(expected, actual);
    if (missing === undefined) return undefined;
    // Lists of equal length are most likely meant one by one.
    if (expected.length === actual.length) {
      const there = mismatch(expected[missing], actual[missing], `${at}[${missing}]`);
      if (there) return there;
    }
    return { ...differs, should: [expected[missing]] };
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return differs;
    for (const [key, value] of Object.entries(expected)) {
      const path = at === '' ? key : `${at}.${key}`;
      const found = Object.hasOwn(actual, key) ? actual[key] : undefined;
      const inner = mismatch(value, found, path);
      if (inner) return inner;
    }
    return undefined;
  }
  return expected === actual ? undefined : differs;
}

/**
 * Gives each expected element an actual one of its own, moving earlier choices where that helps;
 * tells the first that gets none.
 */
function firstWithoutPartner(expected: unknown[], actual: unknown[]): number | undefined {
  const takenBy = new Map<number, number>();
  const place = (want: number, tried: Set<number>): boolean => {
    for (const [at, candidate] of actual.entries()) {
      if (tried.has(at) || mismatch(expected[want], candidate)) continue;
      tried.add(at);
      const holder = takenBy.get(at);
      if (holder === undefined || place(holder, tried)) {
        takenBy.set(at, want);
        return true;
      }
    }
    return false;
  };
  for (const want of expected.keys()) if (!place(want, new Set())) return want;
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
