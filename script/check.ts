/** Runs the named checks, or all, and says of each whether it holds: `tsx script/check.ts [NAME...]` */
import { spawnSync } from 'node:child_process';
import { closingLine, type Results } from './results.js';

// npm has put the programs of node_modules into the path.
const CHECKS: Record<string, string[][]> = {
  biome: [['biome', 'check', '--error-on-warnings', '.']],
  types: [['tsc', '--noEmit']],
  bundles: [
    ['tsx', 'script/build.ts'],
    ['tsx', 'script/unchanged.ts', 'lib', 'files'],
  ],
  versions: [['tsx', 'script/versions.ts']],
  validate: [['rake', '-s', 'validate']],
  'puppet-lint': [['rake', '-s', 'lint']],
  rubocop: [['rake', '-s', 'rubocop']],
  metadata: [['rake', '-s', 'metadata']],
  reference: [['rake', '-s', 'reference:check']],
};

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(CHECKS);
const results: Results = { passed: 0, failures: [], skips: [] };
for (const name of names) {
  const output = firstFailure(CHECKS[name] ?? []);
  if (output === undefined) results.passed++;
  else results.failures.push(name);
  console.log(output === undefined ? `ok      ${name}` : `FAILED  ${name}\n${output}`);
}
console.log(closingLine(results));
process.exitCode = results.failures.length > 0 ? 1 : 0;

/** What the first of these commands that failed has printed. */
function firstFailure(commands: string[][]): string | undefined {
  if (commands.length === 0) return 'there is no check of this name';
  for (const [command, ...argv] of commands as [string, ...string[]][]) {
    const { status, error, stdout, stderr } = spawnSync(command, argv, { encoding: 'utf8' });
    if (status !== 0) return `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`;
  }
  return undefined;
}
