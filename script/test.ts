/**
 * Runs the tests of the named kinds, or of all, around one S3 server, and sums what they found:
 * `tsx script/test.ts [ts|spec|acceptance]... [-- ARGUMENTS FOR THE RUNNER...]`
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRgw } from '../spec/support/rgw.js';
import { closingLine, type Results, sum } from './results.js';
import { rspecResults } from './rspec-results.js';
import { tapResults } from './tap-results.js';

interface Runner {
  /** The command, for a file to which it writes what a machine can read. */
  command(output: string): string[];
  /** What it runs unless the command line names something else. */
  tests: string[];
  read(output: string): Results;
}

const rspec = (process.env.WEBHOOK_RSPEC ?? 'rspec').split(' ');

// Where no one watches, tap's picture of its progress would fill a log.
const REPORTER = process.stdout.isTTY ? '--reporter=base' : '--reporter=silent';

const RUNNERS: Record<string, Runner> = {
  spec: {
    command: (output) => [
      ...[...rspec, '--format', 'progress'],
      ...['--format', 'json', '--out', output],
    ],
    tests: [],
    read: rspecResults,
  },
  ts: {
    command: (output) => ['tap', 'run', REPORTER, '--timeout=120', `-o${output}`],
    tests: ['spec/ts/**/*.test.ts'],
    read: tapResults,
  },
  // One at a time: a test that counts seconds or watches processes wants the machine for itself.
  acceptance: {
    command: (output) => ['tap', 'run', REPORTER, '--jobs=1', '--timeout=600', `-o${output}`],
    tests: ['spec/acceptance/**/*.test.ts'],
    read: tapResults,
  },
};

const dashes = process.argv.indexOf('--');
const kinds = process.argv.slice(2, dashes < 0 ? undefined : dashes);
const tests = dashes < 0 ? [] : process.argv.slice(dashes + 1);

const unknown = kinds.find((kind) => !(kind in RUNNERS));
if (unknown) {
  console.error(`no tests of the kind ${unknown}; there are: ${Object.keys(RUNNERS).join(', ')}`);
  process.exit(2);
}

const rgw = await startRgw();
process.env.WEBHOOK_TEST_S3_ENDPOINT = rgw.endpoint;
const all: Results[] = [];
for (const [kind, runner] of Object.entries(RUNNERS)) {
  if (kinds.length === 0 || kinds.includes(kind)) all.push(await run(kind, runner));
}
await rgw.stop();

const total = sum(all);
console.log();
for (const failure of total.failures) console.log(`failed: ${failure}`);
for (const skip of total.skips) console.log(`skipped: ${skip}`);
console.log(closingLine(total));
process.exitCode = total.failures.length > 0 || total.passed === 0 ? 1 : 0;

async function run(kind: string, runner: Runner): Promise<Results> {
  console.log(`\n== ${kind}`);
  const dir = mkdtempSync(join(tmpdir(), 'webhook-results-'));
  const output = join(dir, 'output');
  try {
    const argv = [...runner.command(output), ...(tests.length > 0 ? tests : runner.tests)];
    const problem = await exit(argv);
    const results = read(runner, output);
    if (results.failures.length === 0 && (problem || results.passed === 0)) {
      results.failures.push(`${kind}: ${problem ?? 'no test was run'}`);
    }
    console.log(closingLine(results));
    return results;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Nothing to read is nothing passed: the runner died before it could write. */
function read(runner: Runner, output: string): Results {
  try {
    return runner.read(readFileSync(output, 'utf8'));
  } catch (error) {
    console.error(`no results: ${(error as Error).message}`);
    return { passed: 0, failures: [], skips: [] };
  }
}

/** Runs a command to its end; tells how it failed, if it did. */
function exit(argv: string[]): Promise<string | undefined> {
  const [command, ...rest] = argv as [string, ...string[]];
  return new Promise((resolve) => {
    const child = spawn(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      resolve(code === 0 ? undefined : `${command} ended with ${signal ?? `code ${code}`}`);
    });
  });
}
