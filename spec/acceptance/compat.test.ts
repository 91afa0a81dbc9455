import { existsSync, readFileSync, rmSync } from 'node:fs';
import t from 'tap';
import { outcome, startSite } from './support/site.js';

/** How users of the first s3 type wrote it, and some still do. */
const MANIFEST = `
s3 { '/path/to/file/on/my/local/filesystem':
  ensure            => present,
  source            => '/bucket/path/to/object',
  access_key_id     => 'mysecret',
  secret_access_key => 'anothersecret',
  region            => 'us-west-1', # optional, us-east-1 when left out
}

# The latest build of a service, by version in its key's name.
s3file { "micro_service_\${version}":
  path   => '/some/bucket/',
  ensure => latest,
}
`;
const ARTIFACTS = '/var/lib/webhook/artifacts';

const site = await startSite(t);
const { bucket, proxy, node, path } = site;

t.test('the manifests of the first s3 type work as they stand', async (t) => {
  // Of this test's own: the file goes where such files go.
  const version = `${Date.now()}.`;
  const title = `micro_service_${version}`;
  const artifact = `${ARTIFACTS}/${title}`;
  const made = ['/var/lib/webhook', ARTIFACTS].filter((directory) => !existsSync(directory));
  t.teardown(() => {
    rmSync(artifact, { force: true });
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  });
  await bucket.put('path/to/object', 'an object\n');
  await bucket.put(`services/${title}9.zip`, 'the older build\n');
  await bucket.put(`services/${title}10.zip`, 'the newer build\n');

  // Bucket, keys and endpoint aside.
  const endpoint = `endpoint => '${proxy.endpoint}',`;
  const manifest = `$version = '${version}'\n${MANIFEST}`
    .replace('/path/to/file/on/my/local/filesystem', path('file'))
    .replace('/bucket/path/to/object', `/${bucket.name}/path/to/object`)
    .replace('mysecret', site.rgw.accessKeyId)
    .replace('anothersecret', site.rgw.secretAccessKey)
    .replace('/some/bucket/', `/${bucket.name}/services/`)
    .replaceAll(/^ {2}(ensure .*)$/gm, `  ${endpoint}\n  $1`);
  const env = {
    AWS_ACCESS_KEY_ID: site.rgw.accessKeyId,
    AWS_SECRET_ACCESS_KEY: site.rgw.secretAccessKey,
  };
  const first = await node.apply(manifest, { env });
  t.equal(first.code, 2, first.stderr);
  t.equal(readFileSync(path('file'), 'utf8'), 'an object\n');
  t.equal(readFileSync(artifact, 'utf8'), 'the newer build\n');
  t.match(outcome(first, `S3file[${title}]`).messages, [
    `created from s3://${bucket.name}/services/${title}10.zip "`,
  ]);

  proxy.reset();
  const second = await node.apply(manifest, { env });
  t.equal(second.code, 0, second.stdout);
  t.same(proxy.counts(), { HEAD: 1, LIST: 1 });

  await bucket.put(`services/${title}11.zip`, 'the newest build\n');
  const third = await node.apply(manifest, { env });
  t.equal(third.code, 2, third.stderr);
  t.equal(readFileSync(artifact, 'utf8'), 'the newest build\n');
  t.match(outcome(third, `S3file[${title}]`).messages, [
    new RegExp(`^content changed '${title}10\\.zip .*' to '${title}11\\.zip .*'$`),
  ]);
});
