import type { Finding } from '../finding.js';
import { archive } from './rows/archive.js';
import { coldPrefix } from './rows/cold-prefix.js';
import { inSyncPrefix } from './rows/in-sync-prefix.js';
import { largeObject } from './rows/large-object.js';
import { latency } from './rows/latency.js';
import { peakMemory } from './rows/memory.js';
import { puppetFirst } from './rows/puppet-first.js';
import { puppetInSync } from './rows/puppet-in-sync.js';
import type { Stage } from './stage.js';

export const ROWS: Record<string, (stage: Stage) => Promise<Finding[]>> = {
  'puppet-in-sync': puppetInSync,
  'puppet-first': puppetFirst,
  'cold-prefix': coldPrefix,
  'in-sync-prefix': inSyncPrefix,
  latency,
  'large-object': largeObject,
  memory: peakMemory,
  archive,
};
