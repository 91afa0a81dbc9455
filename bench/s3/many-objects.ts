import type { Objects } from './objects.js';
import type { Stage } from './stage.js';

export function manyObjects(stage: Stage): Promise<Objects> {
  return stage.objects('many', stage.amount(5000), 16 * 1024);
}
