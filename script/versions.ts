/** Checks that all who tell the version of the module tell the same. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const told: [string, string | undefined][] = [
  ['package.json', version('package.json')],
  ['package-lock.json', version('package-lock.json')],
  ['metadata.json', version('metadata.json')],
  ['CHANGELOG.md', /^## (\S+)/m.exec(readFileSync('CHANGELOG.md', 'utf8'))?.[1]],
  [
    'version.rb',
    /VERSION = '(.*)'/.exec(readFileSync('lib/puppet_x/webhook/version.rb', 'utf8'))?.[1],
  ],
];
for (const helper of ['s3', 'http']) {
  const file = `lib/puppet_x/webhook/${helper}.cjs`;
  if (existsSync(file)) told.push([`the hello of ${file}`, hello(file)]);
}

for (const [who, what] of told) console.log(`${what ?? 'none'}  ${who}`);
if (new Set(told.map(([, what]) => what)).size !== 1) {
  console.error('the versions differ');
  process.exitCode = 1;
}

function version(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** It says hello before it reads, and ends with its input. */
function hello(file: string): string {
  const [first = ''] = execFileSync('node', [file], { input: '', encoding: 'utf8' }).split('\n');
  return (JSON.parse(first) as { hello: { version: string } }).hello.version;
}
