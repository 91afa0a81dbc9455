import t from 'tap';
import { declaredElsewhere } from '../../../ts/s3/declared-elsewhere.js';

t.test('a path is declared itself, a directory with all that is in it', async (t) => {
  const declared = declaredElsewhere({ declared: ['local.conf', 'a/b', 'tree/', 'deep/er/'] });
  for (const key of ['local.conf', 'a/b', 'tree', 'tree/x', 'tree/x/y', 'deep/er', 'deep/er/z'])
    t.ok(declared(key), key);
  for (const key of ['local', 'local.conf.old', 'a', 'a/b/c', 'a/c', 'treehouse', 'deep', 'x/tree'])
    t.notOk(declared(key), key);
});

t.test('nothing is declared where nothing is said to be', async (t) => {
  t.notOk(declaredElsewhere({})('a/b'));
});
