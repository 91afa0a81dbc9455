import type { Finding } from '../finding.js';
import { alreadySent } from './already-sent.js';
import { firstTime } from './first-time.js';
import type { Stage } from './stage.js';

export const ROWS: Record<string, (stage: Stage) => Promise<Finding[]>> = {
  'already-sent': alreadySent,
  'first-time': firstTime,
};
