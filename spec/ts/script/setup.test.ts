import { execFile } from 'node:child_process';
import { cpSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';

/** A project that needs one package of its own, where this is at node_modules; and is set up. */
async function setUp(t: Test, nodeModules: object) {
  const dir = t.testdir({
    others: { precious: '' },
    project: {
      ...nodeModules,
      script: {},
      own: { 'package.json': JSON.stringify({ name: 'own', version: '1.0.0' }) },
      'package.json': JSON.stringify({ name: 'p', version: '1.0.0', dependencies }),
      'package-lock.json': JSON.stringify({
        name: 'p',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: {
          '': { name: 'p', version: '1.0.0', dependencies },
          'node_modules/own': { resolved: 'own', link: true },
          own: { version: '1.0.0' },
        },
      }),
    },
  });
  const project = join(dir, 'project');
  cpSync('script/setup', join(project, 'script/setup'));
  const run = async () => (await promisify(execFile)('script/setup', { cwd: project })).stderr;
  return { dir, project, run };
}

const dependencies = { own: 'file:own' };

t.test(
  'packages are installed where there are none, or not all, and then left alone',
  async (t) => {
    for (const nodeModules of [
      {},
      { node_modules: {} },
      { node_modules: { half: {} } },
      { node_modules: t.fixture('symlink', '../gone') },
      { node_modules: t.fixture('symlink', '../others') },
    ]) {
      const { dir, project, run } = await setUp(t, nodeModules);
      t.match(await run(), /installing the npm packages/);
      t.strictSame(readdirSync(join(project, 'node_modules')), ['.package-lock.json', 'own']);
      t.notOk(lstatSync(join(project, 'node_modules')).isSymbolicLink());
      t.strictSame(readdirSync(join(dir, 'others')), ['precious'], 'nothing of others is touched');
      t.equal(await run(), '');
    }
  },
);
