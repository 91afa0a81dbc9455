import type { Results } from './results.js';

interface Report {
  examples: { full_description: string; status: string; pending_message: string | null }[];
  summary: { errors_outside_of_examples_count: number };
}

/** Counts what rspec's JSON formatter wrote; a file that did not load is a failure. */
export function rspecResults(json: string): Results {
  const { examples, summary } = JSON.parse(json) as Report;
  const having = (status: string) => examples.filter((example) => example.status === status);
  return {
    passed: having('passed').length,
    failed: having('failed').length + summary.errors_outside_of_examples_count,
    skips: having('pending').map(
      (example) => `${example.full_description}: ${example.pending_message ?? 'no reason given'}`,
    ),
  };
}
