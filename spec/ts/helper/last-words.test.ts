import { spawnSync } from 'node:child_process';
import t from 'tap';

/** A process of its own, which dies of this. */
function die(of: string) {
  const program = `
    import { redactLastWords } from './ts/helper/last-words.ts';
    import { Redactor } from './ts/helper/redact.ts';
    const redactor = new Redactor();
    redactor.add('hush-hush');
    redactLastWords(process, redactor);
    ${of};
  `;
  const argv = ['--import', 'tsx', '--input-type=module', '--eval', program];
  return spawnSync(process.execPath, argv, { encoding: 'utf8' });
}

t.test('a process dies of what no one caught, and says so without its secrets', async (t) => {
  for (const of of [
    "setTimeout(() => { throw new RangeError('hush-hush is too long') })",
    "Promise.reject(new RangeError('hush-hush is too long'))",
  ]) {
    const { status, stderr } = die(of);
    t.equal(status, 1);
    t.match(stderr, /^RangeError: \[redacted\] is too long\n {4}at /);
    t.notMatch(stderr, 'hush-hush');
  }
  t.match(die("Promise.reject('hush-hush')"), { status: 1, stderr: /\[redacted\]/ });
});
