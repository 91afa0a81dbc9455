import { Parser } from 'tap-parser';
import type { Results } from './results.js';

/** Counts what tap wrote: each assertion once, and not the subtests and files around it. */
export function tapResults(tap: string): Results {
  const results: Results = { passed: 0, failed: 0, skips: [] };
  const parser = new Parser();
  parser.on('pass', () => results.passed++);
  parser.on('fail', () => results.failed++);
  parser.on('skip', ({ fullname, skip }) => results.skips.push(line(fullname, skip)));
  parser.on('todo', ({ fullname, todo }) => results.skips.push(line(fullname, todo)));
  parser.end(tap);
  return results;
}

function line(name: string, reason: string | boolean): string {
  return `${name}: ${typeof reason === 'string' ? reason : 'no reason given'}`;
}
