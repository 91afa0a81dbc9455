/** Runs a command with an S3 server around it: `npx tsx spec/support/with-rgw.ts -- npm run x`. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { startRgw } from './rgw.js';

const [command, ...argv] = process.argv.slice(process.argv[2] === '--' ? 3 : 2);
if (!command) {
  console.error('usage: with-rgw.ts -- COMMAND ARGUMENTS…');
  process.exit(2);
}
const rgw = await startRgw();
// In a group of its own: a signal is for all that the command has started, and a shell passes none on.
const child = spawn(command, argv, {
  stdio: 'inherit',
  detached: true,
  env: { ...process.env, WEBHOOK_TEST_S3_ENDPOINT: rgw.endpoint },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => child.pid && process.kill(-child.pid, signal));
}
child.once('error', (error) => {
  console.error(`${command}: ${error.message}`);
  process.exit(127);
});
child.once('exit', (code, signal) => {
  process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0));
});
