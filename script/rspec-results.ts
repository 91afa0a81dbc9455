import type { Results } from './results.js';

interface Report {
  examples: {
    full_description: string;
    status: 'passed' | 'failed' | 'pending';
    pending_message: string | null;
    exception?: { message: string };
  }[];
  messages?: string[];
  summary: { errors_outside_of_examples_count: number };
}

/** Counts what rspec's JSON formatter wrote; a file that did not load is a failure. */
export function rspecResults(json: string): Results {
  const { examples, messages = [], summary } = JSON.parse(json) as Report;
  const results: Results = { passed: 0, failures: [], skips: [] };
  for (const { full_description: name, status, exception, pending_message } of examples) {
    if (status === 'passed') results.passed++;
    if (status === 'failed') results.failures.push(`${name}: ${exception?.message ?? ''}`);
    if (status === 'pending')
      results.skips.push(`${name}: ${pending_message ?? 'no reason given'}`);
  }
  if (summary.errors_outside_of_examples_count > 0) results.failures.push(messages.join('\n'));
  return results;
}
