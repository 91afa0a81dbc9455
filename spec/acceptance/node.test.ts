import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import t from 'tap';
import { resource } from './support/manifest.js';
import { outcome, startSite } from './support/site.js';

const { version } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };
const site = await startSite(t);
const { bucket, node, path, s3 } = site;
await bucket.put('app', 'app\n');

/** All commands of this machine but Node, and what stands in for it, if anything does. */
const commands = join(node.dir, 'commands');
mkdirSync(commands);
for (const directory of (process.env.PATH ?? '').split(delimiter)) {
  for (const name of entriesOf(directory)) {
    if (!/^node(js)?$/.test(name)) link(join(directory, name), join(commands, name));
  }
}
const env = { PATH: commands };

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function link(from: string, to: string): void {
  try {
    symlinkSync(from, to);
  } catch (error) {
    // What comes first in the path counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** As old Nodes do, it starts the helper all the same, or does not understand it. */
function putOldNode(options: { starts: boolean }): string {
  const file = join(commands, 'node');
  const hello = JSON.stringify({ hello: { name: 's3', version, node: 'v18.20.4' } });
  const run = options.starts
    ? `echo '${hello}'; cat >/dev/null`
    : `echo 'SyntaxError: this Node does not know that' >&2; exit 1`;
  writeFileSync(file, `#!/bin/sh\nif [ "$1" = --version ]; then echo v18.20.4; exit; fi\n${run}\n`);
  chmodSync(file, 0o755);
  return file;
}

t.test('where there is no Node, each resource says how to get one', async (t) => {
  const applied = await node.apply(s3('none', 'app') + s3('none-too', 'app'), { env });
  t.equal(applied.code, 4, applied.stderr);
  for (const name of ['none', 'none-too']) {
    t.match(outcome(applied, path(name)), {
      status: 'failed',
      errors: [
        /Node\.js is not in Puppet's path: declare class webhook with manage_node => true, or set webhook::node_path$/,
      ],
    });
  }
});

for (const starts of [true, false]) {
  t.test(`too old a Node that ${starts ? 'starts' : 'cannot start'} the helper`, async (t) => {
    const old = putOldNode({ starts });
    const file = path(`file-${starts}`);
    const applied = await node.apply(
      s3('old', 'app') + resource('file', file, { content: 'file\n' }),
      { env },
    );
    t.equal(applied.code, 6, applied.stderr);
    const [error = '', ...more] = outcome(applied, path('old')).errors;
    t.same(more, []);
    t.match(error, `Node.js 18.20.4 at ${old} is too old, 20.18.1 or later is needed`);
    t.match(error, 'set webhook::node_path');
    t.notMatch(error, '\n');
    t.equal(readFileSync(file, 'utf8'), 'file\n', 'what needs no Node goes on');
  });
}

t.test('class webhook names another Node', async (t) => {
  putOldNode({ starts: false });
  const other = join(node.dir, 'other-node');
  symlinkSync(process.execPath, other);
  const applied = await node.apply(
    resource('class', 'webhook', { node_path: other }) + s3('named', 'app'),
    { env, watch: true },
  );
  t.equal(applied.code, 2, applied.stderr);
  t.equal(readFileSync(path('named'), 'utf8'), 'app\n');
  t.ok(applied.processes.some(({ argv }) => argv.startsWith(`${other} `)));
});

t.test('a Node that class webhook installs is used in the same run', async (t) => {
  const name = 'webhook-test-node';
  const file = `/opt/${name}/node`;
  const deb = debianPackage(name, file);
  t.teardown(() => execFileSync('dpkg', ['--purge', name], { stdio: 'ignore' }));
  putOldNode({ starts: false });
  const applied = await node.apply(
    // Declared first, it comes after the package all the same.
    s3('installed', 'app') +
      `Package { provider => dpkg, source => '${deb}' }\n` +
      resource('class', 'webhook', { manage_node: true, node_package: name, node_path: file }),
    { env },
  );
  t.equal(applied.code, 2, applied.stderr);
  t.equal(applied.resources[`Package[${name}]`]?.status, 'changed');
  t.equal(outcome(applied, path('installed')).status, 'changed');
  t.equal(readFileSync(path('installed'), 'utf8'), 'app\n');
});

/** A package with nothing but a link to this Node. */
function debianPackage(name: string, file: string): string {
  const root = join(node.dir, name);
  const control = join(root, 'DEBIAN');
  mkdirSync(control, { recursive: true, mode: 0o755 });
  mkdirSync(join(root, dirname(file)), { recursive: true });
  symlinkSync(process.execPath, join(root, file));
  writeFileSync(
    join(control, 'control'),
    `Package: ${name}\nVersion: 1.0\nArchitecture: all\nMaintainer: Test <test@example.com>\n` +
      'Description: Node, as a package\n',
  );
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', root, `${root}.deb`]);
  rmSync(root, { recursive: true });
  return `${root}.deb`;
}
