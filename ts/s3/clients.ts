import { type ClientOptions, S3Client } from './client.js';
import { type Connection, connectionId } from './connection.js';

/** One client for all resources that reach S3 in the same way. */
export class Clients {
  readonly #clients = new Map<string, S3Client>();

  constructor(readonly options: ClientOptions) {}

  for(connection: Connection): S3Client {
    const id = connectionId(connection);
    let client = this.#clients.get(id);
    if (!client) {
      client = new S3Client(connection, this.options);
      this.#clients.set(id, client);
    }
    return client;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}
