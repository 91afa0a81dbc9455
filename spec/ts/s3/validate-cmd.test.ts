import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { validate } from '../../../ts/s3/validate-cmd.js';

/** A program of the operator's, and the new file it is to look at. */
function setUp(t: Test, script: string) {
  const dir = t.testdir({ 'new file.conf': 'new' });
  const program = join(dir, 'check');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  return { program, file: join(dir, 'new file.conf') };
}

t.test('a file that passes is let through; every % stands for its path', async (t) => {
  const { program, file } = setUp(t, 'test "$1" = "--in=$2" && grep -q new "$2" && test $# = 3');
  await validate([program, '--in=%', '%', '$(touch x); %%'], file, '/etc/app.conf');
});

t.test('one that does not fails with the end of what was said', async (t) => {
  const { program, file } = setUp(t, 'echo 1; echo 2; echo 3; echo "line \\033[31m4" >&2; exit 7');
  await t.rejects(validate([program, '%'], file, '/etc/app.conf'), {
    name: 'UserError',
    code: 'invalid',
    message: `/etc/app.conf: validate_cmd '${program} %' failed (7); the old file is untouched: "2 / 3 / line \\u001b[31m4"`,
  });
});

t.test('a program that is not there, or is killed, fails it too', async (t) => {
  const { program, file } = setUp(t, 'kill -9 $$');
  await t.rejects(validate([program], file, '/x'), { message: /failed \(SIGKILL\)/ });
  await t.rejects(validate(['/no/such/program'], file, '/x'), { message: /failed \(ENOENT\)/ });
});
