import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { type Attributes, resource } from './support/manifest.js';
import type { Applied } from './support/puppet.js';
import { outcome, said, startSite } from './support/site.js';

const site = await startSite(t);
const { bucket, proxy, node, path, s3 } = site;
const ensure = 'latest';

const publish = (...keys: string[]) =>
  bucket.putAll(keys.map((key) => [key, `this is ${key}\n`] as const));

function s3file(title: string, target: string, attributes: Attributes = {}): string {
  return resource('s3file', title, {
    path: `/${bucket.name}/services/`,
    target: path(target),
    endpoint: proxy.endpoint,
    access_key_id: site.rgw.accessKeyId,
    secret_access_key: site.rgw.secretAccessKey,
    ...attributes,
  });
}

const installed = (name: string) => readFileSync(path(name), 'utf8').slice('this is '.length, -1);

await publish(
  'builds/our_app_3.9.2.zip',
  'builds/our_app_3.10.0.zip',
  'builds/our_app_3.10.0-rc1.zip',
  'builds/our_app_3.2.zip',
  'builds/our_app_latest_notes.txt',
  'builds/nested/our_app_9.0.0.zip',
  'rc/app_1.0.0-rc1.zip',
  'rc/app_1.0.0-rc10.zip',
  'rc/app_1.0.0-rc9.zip',
  'v/app-v1.9.0.tar.gz',
  'v/app-v1.10.0.tar.gz',
  'dates/app-2025-12-31.zip',
  'dates/app-2026-01-02.zip',
  'dates/app-2026-01-01.zip',
  'a*literal',
  'a-literal',
  'services/app_1.2.zip',
  'services/app_1.2.7.zip',
  'services/app_1.20.zip',
  'services/app_1.2/other.zip',
);
const pattern = 'builds/our_app_*.zip';
const manifest = [
  s3('app', pattern, { ensure }),
  s3('either-way', pattern, { ensure, allow_downgrade: true }),
  s3('adopted', pattern, { ensure }),
  s3('rc', 'rc/app_*.zip', { ensure }),
  s3('v', 'v/app-*.tar.gz', { ensure }),
  s3('dates', 'dates/app-????-??-??.zip', { ensure }),
  s3('literal', 'a*literal'),
  s3file('app_1.2', 'follows', { ensure }),
  s3file('app_1.2.zip', 'stays'),
  s3file('app_1.', 'chosen-once'),
];
const all = manifest.join('');
const messages = (applied: Applied, name: string) => outcome(applied, path(name)).messages;

t.test('the greatest version is taken, as versions compare', async (t) => {
  writeFileSync(path('adopted'), 'this is builds/our_app_3.10.0.zip\n');
  const first = await node.apply(all + s3('none', 'builds/no_app_*.zip', { ensure }));
  t.equal(first.code, 6);
  t.same(
    Object.fromEntries(
      ['app', 'rc', 'v', 'dates', 'literal', 'follows', 'stays', 'chosen-once'].map((name) => [
        name,
        installed(name),
      ]),
    ),
    {
      app: 'builds/our_app_3.10.0.zip',
      rc: 'rc/app_1.0.0-rc10.zip',
      v: 'v/app-v1.10.0.tar.gz',
      dates: 'dates/app-2026-01-02.zip',
      literal: 'a*literal',
      follows: 'services/app_1.2.7.zip',
      stays: 'services/app_1.2.zip',
      'chosen-once': 'services/app_1.20.zip',
    },
  );
  t.equal(outcome(first, path('adopted')).status, 'unchanged');
  t.match(messages(first, 'app'), [`created from s3://${bucket.name}/builds/our_app_3.10.0.zip "`]);
  t.match(outcome(first, path('none')).errors, [
    /s3:\/\/.*\/builds\/no_app_\*\.zip at http.*: no object matches; check source/,
  ]);
});

t.test('the second apply asks for lists and fetches nothing', async (t) => {
  proxy.reset();
  const second = await node.apply(all);
  t.equal(second.code, 0, second.stdout);
  t.equal(proxy.counts().GET_OBJECT, undefined);
  t.same(proxy.counts(), { LIST: manifest.length - 1, HEAD: 1 });
});

t.test('a greater version arrives, and the report names both', async (t) => {
  await publish('builds/our_app_3.11.0.zip', 'services/app_1.2.10.zip', 'services/app_1.21.zip');
  const planned = await node.apply(all, { noop: true });
  t.match(messages(planned, 'app'), [
    /'our_app_3\.10\.0\.zip "[0-9a-f]{32}"', should be 'our_app_3\.11\.0\.zip "[0-9a-f]{32}"' \(noop\)/,
  ]);
  t.equal(installed('app'), 'builds/our_app_3.10.0.zip');
  const newer = await node.apply(all);
  t.equal(newer.code, 2, newer.stderr);
  for (const name of ['app', 'either-way', 'adopted']) {
    t.equal(installed(name), 'builds/our_app_3.11.0.zip');
    t.match(messages(newer, name), [
      /^content changed 'our_app_3\.10\.0\.zip "[0-9a-f]{32}"' to 'our_app_3\.11\.0\.zip "[0-9a-f]{32}"'$/,
    ]);
  }
  t.equal(installed('follows'), 'services/app_1.2.10.zip');
  t.equal(installed('stays'), 'services/app_1.2.zip');
  t.equal(installed('chosen-once'), 'services/app_1.20.zip');
});

t.test('what is installed is kept when the greatest on S3 is lower', async (t) => {
  await bucket.remove('builds/our_app_3.11.0.zip');
  const lower = await node.apply(all);
  t.equal(lower.code, 2, lower.stderr);
  t.equal(installed('app'), 'builds/our_app_3.11.0.zip');
  t.equal(outcome(lower, path('app')).status, 'unchanged');
  const warnings = said(lower, 'warning');
  t.equal(warnings.filter((text) => /our_app/.test(text)).length, 2, warnings.join('\n'));
  t.match(
    warnings.join('\n'),
    'the greatest version on S3 is our_app_3.10.0.zip, lower than our_app_3.11.0.zip, which is installed and kept; set allow_downgrade => true to go back',
  );
  t.equal(installed('either-way'), 'builds/our_app_3.10.0.zip', 'unless allow_downgrade');
  t.match(messages(lower, 'either-way'), [
    /^content changed 'our_app_3\.11\.0\.zip .*' to 'our_app_3\.10\.0\.zip .*'$/,
  ]);
});

t.test('it is kept the next time, too, then replaced by one that is greater still', async (t) => {
  proxy.reset();
  const kept = await node.apply(all);
  t.equal(kept.code, 0, kept.stderr);
  t.equal(proxy.counts().GET_OBJECT, undefined);
  await publish('builds/our_app_v4.0.0.zip');
  const next = await node.apply(
    s3('app', pattern, { ensure }) +
      s3('rc', 'rc/app_*.zip', { ensure: 'absent' }) +
      s3file('app_1.2', 'follows', { ensure: 'absent' }),
  );
  t.match(messages(next, 'app'), [/'our_app_3\.11\.0\.zip .*' to 'our_app_v4\.0\.0\.zip .*'$/]);
  t.match(messages(next, 'rc'), [/^removed, was s3:\/\/.*\/rc\/app_1\.0\.0-rc10\.zip "/]);
  t.notOk(existsSync(path('rc')));
  t.notOk(existsSync(path('follows')));
});
