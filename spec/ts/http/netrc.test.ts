import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loginFor } from '../../../ts/http/netrc.js';

t.test('a login by host, or the default', async (t) => {
  const file = join(t.testdir(), 'netrc');
  writeFileSync(
    file,
    [
      '# machine a.example.com login comment password comment',
      'machine a.example.com login me password abc',
      'macdef init',
      'machine b.example.com login evil password evil',
      '',
      'machine b.example.com',
      '  login "you there"',
      '  account none',
      '  password "a \\" b"',
      'default login any password thing',
    ].join('\n'),
  );
  t.same(loginFor('a.example.com', file), { user: 'me', password: 'abc' });
  t.same(loginFor('b.example.com', file), { user: 'you there', password: 'a " b' });
  t.same(loginFor('c.example.com', file), { user: 'any', password: 'thing' });
  t.throws(() => loginFor('a', `${file}.none`), /there is no such file/);
});
