/**
 * Measures this module beside what people use today, on this machine, in one run:
 * `npm run bench -- s3 [--rows NAME,NAME] [--pairs N] [--quick] [--output FILE] [--bundle FILE]`
 */
import { parseOptions, Usage } from './options.js';
import { benchS3 } from './s3/bench.js';

try {
  // A missed bar is a result, told in the table; only a measurement that cannot be made fails.
  await benchS3(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Usage ? error.message : error);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
