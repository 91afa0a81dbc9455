import { compareKeys } from './safe-key.js';

/** What three sorted sources have of one key. */
export interface Merged<R, K> {
  key: string;
  remote?: R;
  local: boolean;
  known?: K;
}

interface Keyed {
  key: string;
}

/** Merges the listing, the tree and the ledger by key, holding one item of each. */
export async function* merge<R extends Keyed, K extends Keyed>(
  listing: AsyncIterator<R> | Iterator<R>,
  tree: Iterator<string>,
  ledger: Iterator<K>,
): AsyncGenerator<Merged<R, K>> {
  let remote = await listing.next();
  let local = tree.next();
  let known = ledger.next();
  for (;;) {
    const keys: string[] = [];
    if (!remote.done) keys.push(remote.value.key);
    if (!local.done) keys.push(local.value);
    if (!known.done) keys.push(known.value.key);
    const [first, ...others] = keys;
    if (first === undefined) return;
    const key = others.reduce(
      (least, other) => (compareKeys(other, least) < 0 ? other : least),
      first,
    );
    const merged: Merged<R, K> = { key, local: false };
    if (!remote.done && remote.value.key === key) {
      merged.remote = remote.value;
      remote = await listing.next();
    }
    if (!local.done && local.value === key) {
      merged.local = true;
      local = tree.next();
    }
    if (!known.done && known.value.key === key) {
      merged.known = known.value;
      known = ledger.next();
    }
    yield merged;
  }
}
