import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';

/** What the names of our temporary files begin with. */
export const TEMPORARY_PREFIX = '.webhook-';

const MAX_NAME_BYTES = 255;
// Linux takes paths of 4,095 bytes; what is left is for the directory they go to.
const MAX_PATH_BYTES = 4000;

/**
 * Where a key, taken relative to its prefix, goes below the directory; or why it goes nowhere.
 * Keys are written by whoever may write to the bucket, so nothing in them is followed.
 */
export type RelativePath =
  | { ok: true; path: string }
  | { ok: false; kind: 'directory' | 'refused'; why: string };

export function relativePath(key: string): RelativePath {
  const marker = key === '' || key.endsWith('/');
  const why = refusal(marker ? key.slice(0, -1) : key, key);
  if (why !== undefined) return { ok: false, kind: 'refused', why };
  if (marker) return { ok: false, kind: 'directory', why: 'it marks a directory' };
  return { ok: true, path: key };
}

function refusal(path: string, key: string): string | undefined {
  if (key === '') return undefined;
  if (key.startsWith('/')) return 'it is absolute';
  if (path.includes('\0')) return 'it holds a NUL character';
  // On disk each of these would become the same replacement character.
  if (/\p{Surrogate}/u.test(path)) return 'it is not valid Unicode';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `it is over ${MAX_PATH_BYTES} bytes long`;
  for (const name of path.split('/')) {
    if (name === '') return 'it holds an empty name (//)';
    if (name === '.' || name === '..') return `it holds the name ${name}`;
    if (name.startsWith(TEMPORARY_PREFIX)) {
      return `names that begin with ${TEMPORARY_PREFIX} are kept for temporary files`;
    }
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
      return `it holds a name of over ${MAX_NAME_BYTES} bytes`;
    }
  }
  return undefined;
}

/** The order in which S3 lists keys: that of their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

// UTF-16 has surrogates, which spell the highest characters, below U+E000; UTF-8 has them above.
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

interface Spelling {
  spelling: string;
  key: string;
}

/**
 * Finds keys that cannot be beside one another on disk, as they arrive in the order of their bytes:
 * the first is kept, the later refused. Its memory is bounded by the length of a key, unless names
 * that differ only by case are to be found as well: then it keeps every name.
 */
export class KeyConflicts {
  // Of the keys so far, those that the current one begins with.
  readonly #beginnings: string[] = [];
  readonly #spellings: Map<string, Spelling> | undefined;
  #last = '';

  constructor({ caseInsensitive = false }: { caseInsensitive?: boolean } = {}) {
    this.#spellings = caseInsensitive ? new Map() : undefined;
  }

  /** The earlier key that stands in the way of this one; undefined if none does. */
  check(key: string): string | undefined {
    if (compareKeys(this.#last, key) > 0) {
      // Unsorted, a conflict would be missed.
      throw new UserError(
        'listing_unsorted',
        `the server lists ${printable(key)} after ${printable(this.#last)}: its keys are not in order`,
      );
    }
    this.#last = key;
    const earlier = this.#fileAbove(key) ?? this.#otherSpelling(key);
    if (earlier === undefined) this.#beginnings.push(key);
    return earlier;
  }

  #fileAbove(key: string): string | undefined {
    while (this.#beginnings.length > 0 && !key.startsWith(this.#beginnings.at(-1) as string)) {
      this.#beginnings.pop();
    }
    return this.#beginnings.find((beginning) => key[beginning.length] === '/');
  }

  #otherSpelling(key: string): string | undefined {
    if (!this.#spellings) return undefined;
    const paths = [...key.matchAll(/\/|$/g)].map((end) => key.slice(0, end.index));
    const spellings = paths.map((path) => [path.toLowerCase(), path] as const);
    for (const [folded, path] of spellings) {
      const known = this.#spellings.get(folded);
      if (known && known.spelling !== path) return known.key;
    }
    for (const [folded, spelling] of spellings) {
      if (!this.#spellings.has(folded)) this.#spellings.set(folded, { spelling, key });
    }
    return undefined;
  }
}
