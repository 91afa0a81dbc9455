import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import type { Log } from '../helper/serve.js';
import { isCaseInsensitive } from './case-insensitive.js';
import type { ListedObject } from './listing.js';
import type { S3Resource } from './resource.js';
import { KeyConflicts, relativePath } from './safe-key.js';
import { selection } from './selection.js';
import { parseSource, sourceUrl } from './source.js';

/** An object and where it goes below the directory. */
export interface Listed {
  key: string;
  object: ListedObject;
}

/** Of a listing, the objects that can be files here, in its order; all others are named. */
export async function* listedKeys(
  resource: S3Resource,
  listing: AsyncIterable<ListedObject>,
  log: Log,
): AsyncGenerator<Listed> {
  const { bucket, key: prefix } = parseSource(resource.source ?? '');
  const selected = selection(resource);
  const conflicts = new KeyConflicts({ caseInsensitive: isCaseInsensitive(resource.path) });
  for await (const object of listing) {
    const skip = (why: string): void => {
      log('warning', `${printable(sourceUrl(bucket, object.key))} is skipped: ${why}`);
    };
    if (!object.key.startsWith(prefix)) {
      throw new UserError(
        'bad_listing',
        `${sourceUrl(bucket, prefix)}: the server lists ${printable(object.key)}, which is not below it; nothing was changed`,
      );
    }
    const relative = relativePath(object.key.slice(prefix.length));
    if (!relative.ok) {
      if (relative.kind === 'refused') skip(relative.why);
      else if (object.size > 0) skip(`${relative.why}, yet holds ${object.size} bytes`);
      else log('debug', `${printable(sourceUrl(bucket, object.key))} marks a directory`);
      continue;
    }
    if (!selected(relative.path)) continue;
    const earlier = conflicts.check(relative.path);
    if (earlier === undefined) yield { key: relative.path, object };
    else skip(`on disk it cannot be beside ${printable(earlier)}`);
  }
}
