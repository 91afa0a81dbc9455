/** Fails if what was built differs from what is committed: `tsx script/unchanged.ts PATH...` */
import { execFileSync } from 'node:child_process';

const changes = execFileSync('git', ['status', '--porcelain', '--', ...process.argv.slice(2)], {
  encoding: 'utf8',
});
if (changes) {
  console.error(`${changes}is not what is committed: npm run build, and commit it`);
  process.exitCode = 1;
}
