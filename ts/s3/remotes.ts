import type { Clients } from './clients.js';
import { type Found, find } from './find.js';
import { listAll } from './list-all.js';
import type { ListedObject, ListPage } from './listing.js';
import type { S3Resource } from './resource.js';
import { parseSource } from './source.js';

/** Questions to S3 that were asked ahead, all at once, while Puppet goes on. */
export class Remotes {
  readonly #ahead = new Map<string, Promise<Found>>();
  readonly #pages = new Map<string, Promise<ListPage>>();

  constructor(readonly clients: Clients) {}

  ask(resource: S3Resource): Promise<Found> {
    const answer = this.#find(resource);
    // Whoever takes it sees the failure; if nobody does, nobody needs to know.
    answer.catch(() => undefined);
    this.#ahead.set(resource.path, answer);
    return answer;
  }

  /** An answer that failed is asked for once more: an earlier resource may have mended the cause. */
  async take(resource: S3Resource): Promise<Found> {
    const ahead = this.#ahead.get(resource.path);
    this.#ahead.delete(resource.path);
    if (!ahead) return this.#find(resource);
    try {
      return await ahead;
    } catch {
      return this.#find(resource);
    }
  }

  /** The first page of a prefix, which is all of most. */
  listAhead(resource: S3Resource): void {
    const { bucket, key } = parseSource(resource.source ?? '');
    const page = this.clients.for(resource).list(bucket, key);
    page.catch(() => undefined);
    this.#pages.set(resource.path, page);
  }

  list(resource: S3Resource): AsyncGenerator<ListedObject> {
    const { bucket, key } = parseSource(resource.source ?? '');
    const client = this.clients.for(resource);
    const ahead = this.#pages.get(resource.path);
    this.#pages.delete(resource.path);
    return listAll(
      client,
      bucket,
      key,
      ahead?.catch(() => client.list(bucket, key)),
    );
  }

  async #find(resource: S3Resource): Promise<Found> {
    return find(resource, this.clients.for(resource));
  }
}
