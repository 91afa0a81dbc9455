import { join } from 'node:path';
import { printable } from '../helper/printable.js';
import { look } from './local.js';

/** The directories below a prefix's own, each looked at once, no link among them followed. */
export class Parents {
  readonly #seen = new Map<string, 'directory' | 'missing' | { obstacle: string }>();

  constructor(readonly root: string) {}

  /** Why a file cannot be put there, if so. */
  obstacleFor(key: string): string | undefined {
    for (const parent of parentsOf(key)) {
      const state = this.#state(parent);
      if (state === 'missing') return undefined;
      if (state !== 'directory') return state.obstacle;
    }
    return undefined;
  }

  #state(parent: string): 'directory' | 'missing' | { obstacle: string } {
    let state = this.#seen.get(parent);
    if (state === undefined) {
      // The root itself is the operator's word, and may be a link: below its `/` is where it leads.
      const stats = look(parent === '' ? `${this.root}/` : join(this.root, parent));
      if (!stats) state = 'missing';
      else if (stats.isDirectory()) state = 'directory';
      else if (stats.isSymbolicLink())
        state = { obstacle: `${printable(parent)} is a symbolic link, which is not followed` };
      else
        state = {
          obstacle: `${printable(parent)} is a file, where a directory should be; remove it`,
        };
      this.#seen.set(parent, state);
    }
    return state;
  }
}

/** Of `a/b/c`: the root itself, `a`, and `a/b`. */
function* parentsOf(key: string): Generator<string> {
  yield '';
  for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) yield key.slice(0, at);
}
