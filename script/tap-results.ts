import { Parser } from 'tap-parser';
import { stringify } from 'yaml';
import type { Results } from './results.js';

/** Counts what tap wrote: each assertion once, and not the subtests and files around it. */
export function tapResults(tap: string): Results {
  const results: Results = { passed: 0, failures: [], skips: [] };
  const parser = new Parser();
  parser.on('pass', () => results.passed++);
  parser.on('fail', ({ fullname, diag }) => {
    results.failures.push(diag ? `${fullname}\n${indented(stringify(diag))}` : fullname);
  });
  parser.on('skip', ({ fullname, skip }) => results.skips.push(line(fullname, skip)));
  parser.on('todo', ({ fullname, todo }) => results.skips.push(line(fullname, todo)));
  parser.end(tap);
  return results;
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '  ');
}

function line(name: string, reason: string | boolean): string {
  return `${name}: ${typeof reason === 'string' ? reason : 'no reason given'}`;
}
