/**
 * Measures this module beside what people use today, on this machine, in one run:
 * `npm run bench -- s3|http [--rows NAME,NAME] [--pairs N] [--quick] [--output FILE] [--bundle FILE]`
 */
import { ROWS as HTTP } from './http/rows.js';
import { openStage as openHttp } from './http/stage.js';
import { type Options, parseOptions, Usage } from './options.js';
import { ROWS as S3 } from './s3/rows.js';
import { openStage as openS3 } from './s3/stage.js';
import { measure } from './suite.js';

const SUITES: Record<string, (options: Options) => Promise<void>> = {
  s3: (options) => measure({ rows: S3, open: openS3 }, options),
  http: (options) => measure({ rows: HTTP, open: openHttp }, options),
};

try {
  const options = parseOptions(process.argv.slice(2), Object.keys(SUITES));
  // A missed bar is a result, told in the table; only a measurement that cannot be made fails.
  await SUITES[options.suite]?.(options);
} catch (error) {
  console.error(error instanceof Usage ? error.message : error);
  process.exitCode = error instanceof Usage ? 2 : 1;
}
