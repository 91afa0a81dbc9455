import type { Finding } from '../finding.js';
import { coldPrefix } from './rows/cold-prefix.js';
import { inSyncPrefix } from './rows/in-sync-prefix.js';
import { largeObject } from './rows/large-object.js';
import { puppetInSync } from './rows/puppet-in-sync.js';
import type { Stage } from './stage.js';

export type Row = (stage: Stage) => Promise<Finding[]>;

export const ROWS: Record<string, Row> = {
  'puppet-in-sync': puppetInSync,
  'cold-prefix': coldPrefix,
  'in-sync-prefix': inSyncPrefix,
  'large-object': largeObject,
};
