import { UserError } from '../helper/errors.js';

// Own code and no library, because libraries translate to regular expressions that backtrack: on
// *a*a*a*a*b a key of 200 letters takes picomatch 3 seconds, one of 1,000 hours. Here a match costs
// at most the length of the key times that of the pattern, and the bundle gains no dependency.

const STAR = Symbol('*');
/** One character of a pattern: any number of characters, or a test of one. */
type Token = typeof STAR | ((character: string) => boolean);
const GLOBSTAR = Symbol('**');
/** One path segment of a pattern: any number of segments, or what matches one. */
type Segment = typeof GLOBSTAR | Token[];

const CLASS_OR_CHARACTER = /\[[!^]?\]?[^\]/]*\]|./gsu;
const WILDCARD = /[*?]|\[[!^]?\]?[^\]/]*\]/g;
// Each {a,b} multiplies; beyond this a pattern is a mistake or an attack.
const MAX_ALTERNATIVES = 1000;

/**
 * Compiles a glob of `include` and `exclude`; the result is asked with keys relative to the prefix.
 *
 * - `*` and `?` match within one path segment, a leading dot too; `**` as a whole segment matches
 *   any number of segments; `[a-z]`, `[!a]`; `{a,b}` is as two globs.
 * - Without a `/` the glob is matched against the base name at any depth, as .gitignore and rsync
 *   do; with one, against the whole key. A leading `/` does nothing more than that.
 * - With a `/` at its end it means all that is below such a directory: of `tmp/` at any depth, of
 *   `/tmp/` and `a/tmp/` in that place.
 *
 * There is no escape character: write `[*]` for a star.
 */
export function compileGlob(glob: string): (key: string) => boolean {
  const alternatives = expandBraces(glob).map(globSegments);
  return (key) => {
    const path = key.split('/');
    return alternatives.some((segments) => matchesPath(path, segments));
  };
}

/**
 * Compiles the pattern of a source, such as `builds/our_app_*.zip`: `*`, `?` and `[...]` match
 * within one path segment; everything else, braces too, stands for itself.
 */
export function compilePattern(pattern: string): (key: string) => boolean {
  const segments = pattern.split('/').map((segment) => parseSegment(segment, pattern));
  return (key) => matchesPath(key.split('/'), segments);
}

/** What a pattern spells out before its first wildcard; all of it if it has none. */
export function literalPrefix(pattern: string): string {
  const wildcard = pattern.search(/[*?[]/);
  return wildcard < 0 ? pattern : pattern.slice(0, wildcard);
}

/** What a pattern spells out after its last wildcard; nothing if it has none. */
export function literalSuffix(pattern: string): string {
  const last = [...pattern.matchAll(WILDCARD)].at(-1);
  return last ? pattern.slice(last.index + last[0].length) : '';
}

function globSegments(glob: string): Segment[] {
  const below = glob.endsWith('/');
  const path = below ? glob.slice(0, -1) : glob;
  if (path === '') throw badGlob(glob, 'it names nothing');
  if (!path.includes('/')) {
    const anywhere: Segment[] = [GLOBSTAR, parseSegment(path, glob)];
    return below ? [...anywhere, GLOBSTAR, [STAR]] : anywhere;
  }
  const segments: Segment[] = path
    .replace(/^\//, '')
    .split('/')
    .map((segment) => (segment === '**' ? GLOBSTAR : parseSegment(segment, glob)));
  if (below) segments.push(GLOBSTAR);
  // a/** is what is below a, not a itself.
  if (segments.at(-1) === GLOBSTAR) segments.push([STAR]);
  return segments;
}

function parseSegment(segment: string, pattern: string): Token[] {
  return (segment.match(CLASS_OR_CHARACTER) ?? []).map((token) => {
    if (token === '*') return STAR;
    if (token === '?') return () => true;
    if (token === '[') throw badGlob(pattern, 'a [ lacks its ]; write [[] for the character');
    if (token.length > 1 && token.startsWith('[')) return parseClass(token, pattern);
    return (character) => character === token;
  });
}

function parseClass(token: string, pattern: string): Token {
  const [, not, members] = token.match(/^\[([!^]?)(.*)\]$/su) as string[];
  if (!members) throw badGlob(pattern, `${token} holds no character`);
  const ranges = [...members.matchAll(/(.)-(.)|(.)/gsu)].map(([, from, to, single]) => ({
    from: (from ?? single)?.codePointAt(0) as number,
    to: (to ?? single)?.codePointAt(0) as number,
  }));
  if (ranges.some(({ from, to }) => from > to)) {
    throw badGlob(pattern, `${token} holds a range that runs backwards`);
  }
  return (character) => {
    const code = character.codePointAt(0) as number;
    return ranges.some(({ from, to }) => from <= code && code <= to) === (not === '');
  };
}

function matchesPath(path: string[], segments: Segment[]): boolean {
  return matchesSequence(path, segments, GLOBSTAR, (name, tokens) => {
    // A string serves as the list of its characters unless some of them take two places.
    const characters = /[\ud800-\udfff]/.test(name) ? Array.from(name) : name;
    return matchesSequence(characters, tokens, STAR, (character, accepts) => accepts(character));
  });
}

// After a failure only the last star needs to take one item more: what the stars before it could
// take instead, the last can take too.
function matchesSequence<Item, Part>(
  items: ArrayLike<Item>,
  parts: readonly Part[],
  star: Part & symbol,
  accepts: (item: Item, part: Exclude<Part, symbol>) => boolean,
): boolean {
  let at = 0;
  let part = 0;
  let afterStar = -1;
  let starEnd = 0;
  while (at < items.length) {
    if (part < parts.length && parts[part] === star) {
      afterStar = ++part;
      starEnd = at;
    } else if (part < parts.length && accepts(items[at] as Item, parts[part] as never)) {
      at++;
      part++;
    } else if (afterStar >= 0) {
      part = afterStar;
      at = ++starEnd;
    } else {
      return false;
    }
  }
  while (parts[part] === star) part++;
  return part === parts.length;
}

function expandBraces(glob: string): string[] {
  const tokens = glob.match(CLASS_OR_CHARACTER) ?? [];
  let at = 0;
  const alternatives = (nested: boolean): string[] => {
    const done: string[] = [];
    let current = [''];
    let commas = 0;
    while (at < tokens.length) {
      const token = tokens[at++] as string;
      if (token === '{') {
        const inner = alternatives(true);
        if (current.length * inner.length > MAX_ALTERNATIVES) {
          throw badGlob(glob, `its braces make more than ${MAX_ALTERNATIVES} globs`);
        }
        current = current.flatMap((head) => inner.map((tail) => head + tail));
      } else if (token === ',' && nested) {
        done.push(...current);
        current = [''];
        commas++;
      } else if (token === '}') {
        if (commas === 0) throw badGlob(glob, 'a } closes no {a,b}; write [{] and [}] for braces');
        return [...done, ...current];
      } else {
        current = current.map((head) => head + token);
      }
    }
    if (nested) throw badGlob(glob, 'a { lacks its }; write [{] for the character');
    return current;
  };
  return alternatives(false);
}

function badGlob(glob: string, why: string): UserError {
  return new UserError('bad_glob', `cannot use the glob '${glob}': ${why}`);
}
