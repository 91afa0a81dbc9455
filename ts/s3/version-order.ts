import { literalPrefix, literalSuffix } from './glob.js';

// A version becomes a list of elements, each a rank and a value; lists compare element by element.
// Ranks and values are totally ordered, so versions are too, whatever junk they hold.
//
// END closes a version: what ranks under it makes a version lower than the same without it
// (3.0~1 < 3.0-rc1 < 3.0), what ranks over it makes it higher (3.0 < 3.0-1 < 3.0+1 < 3.0a < 3.0.1).
const TILDE = 0;
const PRE_RELEASE = 1;
const END = 2;
const REVISION = 3;
const PLUS = 4;
const WORD = 5;
const NUMBER = 6;
// Within a pre-release semver ranks words over numbers: 1.0.0-alpha.1 < 1.0.0-alpha.beta.
const PRE_RELEASE_WORD = 7;

interface Element {
  rank: number;
  value: string;
}

// After a hyphen any word is a pre-release, as semver has it. These are one without a hyphen too
// (3.0rc1, 3.0.rc1). Among themselves they go by the alphabet, which is semver's order.
const BEFORE_RELEASE = new Set(
  'alpha beta canary cr dev ea milestone nightly pre preview rc snapshot unstable'.split(' '),
);
// A letter is one if a number follows at once (1.0b1), else it is a patch, as in OpenSSL's 1.0.2b.
const BEFORE_RELEASE_WITH_NUMBER = new Set(['a', 'b', 'c', 'm']);
// Nobody publishes a hotfix before what it fixes, so these are none even after a hyphen.
const AFTER_RELEASE = new Set('final ga hotfix patch post release rev sp'.split(' '));

// 2026-01-31, 2026.1.31 and 20260131 are one date; digits of a time may follow the last form.
const DATE =
  /^((?:19|20|21)\d\d)(?:([-._])(\d\d?)\2(\d\d?)(?!\d)|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=(?:\d{4}|\d{6})?(?!\d)))/;
const V_PREFIX = /(?<![\p{L}\d])v(?=\d)/giu;
const TOKEN = /(\d+)|([^\d\-+~._\s:,@]+)|./gsu;

const EXTENSION =
  /(?<=.)\.(?:tar\.(?:gz|bz2|xz|zst)|zip|tar|tgz|tbz2?|txz|tzst|gz|bz2|xz|zst|7z|jar|war|ear|deb|rpm|apk|whl|gem|exe|msi|iso|img|json|ya?ml|txt)$/i;

/**
 * Below, equal to or above 0 as version `a` is lower than, the same as or higher than `b`.
 * Strings that spell one version in two ways (v1.0 and 1.0.0) are equal: a caller that must choose
 * breaks the tie by the key.
 *
 * The order is semver's precedence, but for three things. A number after a hyphen is a revision
 * above its release, because Debian, RPM, Maven and build servers all write 1.2.3-4 so. rc10 is
 * above rc9, and RC1 is rc1, because that is what is meant. A build after `+` counts, as a newer
 * build should be installed.
 */
export function compareVersions(a: string, b: string): number {
  const left = elements(a);
  const right = elements(b);
  for (const [i, element] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const order = compareElements(element, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/**
 * What tells the keys of one pattern apart: the text between what the pattern spells out before
 * its first wildcard and after its last. A pattern that ends in its wildcard takes the key's
 * extension along; that is no part of a version and is left off.
 */
export function versionIn(key: string, pattern: string): string {
  const suffix = literalSuffix(pattern);
  const version = key.slice(literalPrefix(pattern).length, key.length - suffix.length);
  return suffix === '' ? version.replace(EXTENSION, '') : version;
}

function compareElements(a: Element, b: Element): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.value === b.value) return 0;
  // Numbers may be longer than a double holds; without leading zeros the longer is the greater.
  if (isNumber(a) && a.value.length !== b.value.length) return a.value.length - b.value.length;
  return a.value < b.value ? -1 : 1;
}

// A `/` comes from a pattern with wildcards in several segments. Each segment is a version of its
// own: 3.9/app must stay below 3.9.1/app.
function elements(version: string): Element[] {
  return version.split('/').flatMap(segmentElements);
}

function segmentElements(segment: string): Element[] {
  const text = segment.replace(V_PREFIX, '').replace(DATE, '$1.$3$5.$4$6.');
  const found: Element[] = [];
  let preRelease = false;
  let separator = '';
  const add = (rank: number, value = '') => {
    if (rank !== NUMBER && !preRelease) dropZeros(found);
    if (rank <= PRE_RELEASE) preRelease = true;
    found.push({ rank, value });
  };
  for (const { 0: token, 1: digits, 2: letters, index } of text.matchAll(TOKEN)) {
    if (digits !== undefined) {
      const revision = separator === '-' && found.length > 0;
      add(revision ? REVISION : NUMBER, digits.replace(/^0+(?=\d)/, ''));
    } else if (letters !== undefined) {
      const word = letters.toLowerCase();
      const numberFollows = /\d/.test(text.charAt(index + token.length));
      if (preRelease) add(PRE_RELEASE_WORD, word);
      else if (!found.some(isNumber)) add(WORD, word);
      else add(isPreRelease(word, separator, numberFollows) ? PRE_RELEASE : WORD, word);
    } else if (token === '~') {
      add(TILDE);
    } else if (token === '+') {
      add(PLUS);
    }
    separator = token;
  }
  add(END);
  return found;
}

function isPreRelease(word: string, separator: string, numberFollows: boolean): boolean {
  if (AFTER_RELEASE.has(word)) return false;
  return (
    separator === '-' ||
    BEFORE_RELEASE.has(word) ||
    (numberFollows && BEFORE_RELEASE_WITH_NUMBER.has(word))
  );
}

// 1.0 and 1.0.0 are one version, so that 1.0.0-rc1 is below both.
function dropZeros(found: Element[]): void {
  for (;;) {
    const last = found.at(-1);
    const before = found.at(-2);
    if (last?.rank !== NUMBER || last.value !== '0' || !before || !isNumber(before)) return;
    found.pop();
  }
}

function isNumber(element: Element): boolean {
  return element.rank === NUMBER || element.rank === REVISION;
}
