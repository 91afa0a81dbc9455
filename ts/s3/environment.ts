import type { Log } from '../helper/serve.js';
import type { Clients } from './clients.js';
import type { Incoming } from './incoming.js';
import type { Ledger } from './ledger.js';

/** What the resources of one catalog run share. */
export interface Environment {
  clients: Clients;
  ledger: Ledger;
  incoming: Incoming;
  stateDir: string;
  log: Log;
}
