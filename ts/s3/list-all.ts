import { UserError } from '../helper/errors.js';
import { printable } from '../helper/printable.js';
import type { S3Client } from './client.js';
import type { ListedObject, ListPage } from './listing.js';
import { sourceUrl } from './source.js';

/**
 * All objects below a prefix, page by page; the first page may have been asked for ahead. A page
 * may be empty and yet go on, but one that goes on where an earlier one did would never end.
 */
export async function* listAll(
  client: S3Client,
  bucket: string,
  prefix: string,
  first: Promise<ListPage> = client.list(bucket, prefix),
): AsyncGenerator<ListedObject> {
  const continued = new Set<string>();
  for (let page = await first; ; ) {
    yield* page.objects;
    const { next } = page;
    if (next === undefined) return;
    if (continued.has(next)) {
      throw new UserError(
        'bad_listing',
        `${printable(sourceUrl(bucket, prefix))} at ${client.endpointOf(bucket)}: the listing goes in a circle; nothing was deleted`,
      );
    }
    continued.add(next);
    page = await client.list(bucket, prefix, next);
  }
}
