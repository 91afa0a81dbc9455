import { readFileSync } from 'node:fs';
import t from 'tap';
import { puppetNode } from './support/puppet.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const manifests = [...readme.matchAll(/^```puppet\n(.*?)^```/gms)].map(([, text = '']) => text);
const hiera = new URL('../../examples/hiera.yaml', import.meta.url).pathname;

t.test('every manifest of README is one that Puppet takes, down to each attribute', async (t) => {
  const node = puppetNode();
  t.teardown(() => node.remove());
  t.ok(manifests.length > 10);
  // With a tag that nothing has, resources are made and checked, and none is evaluated.
  const args = ['--hiera_config', hiera, '--tags', 'nothing'];
  const applied = await node.apply(manifests.join('\n'), { args });
  t.equal(applied.code, 0, applied.stdout + applied.stderr);
  t.equal(applied.stderr, '');
  const refs = Object.keys(applied.resources);
  const count = (type: string) => refs.filter((ref) => ref.startsWith(`${type}[`)).length;
  t.same([count('S3'), count('Http')], [12, 10]);
});
