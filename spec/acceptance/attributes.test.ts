import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { tarOf, zipOf } from '../support/archives.js';
import { makeCertificates } from '../support/certificates.js';
import { startProxy } from '../support/proxy.js';
import { resource, sensitive } from './support/manifest.js';
import type { Applied } from './support/puppet.js';
import { leftovers, outcome, startSite } from './support/site.js';

const site = await startSite(t);
const { bucket, proxy, node, path, s3, count } = site;
const NOBODY = 65534;

const messages = (applied: Applied, name: string) => outcome(applied, path(name)).messages;
const status = (applied: Applied, name: string) => outcome(applied, path(name)).status;
const text = (name: string) => readFileSync(path(name), 'utf8');
const sha256 = (body: string) => createHash('sha256').update(body).digest('hex');

function account(name: string): [number, number, string] {
  const { uid, gid, mode } = statSync(path(name));
  return [uid, gid, (mode & 0o7777).toString(8)];
}

t.test('owner, group and mode', async (t) => {
  await bucket.putAll(
    ['new', 'asked', 'kept', 'only-mode', 'setgid'].map((key) => [key, `${key}\n`] as const),
  );
  writeFileSync(path('kept'), 'else\n');
  chownSync(path('kept'), NOBODY, NOBODY);
  chmodSync(path('kept'), 0o4711);
  writeFileSync(path('only-mode'), 'only-mode\n');
  chownSync(path('only-mode'), NOBODY, NOBODY);
  const asked = { owner: 'nobody', group: String(NOBODY), mode: '0640' };
  const manifest = [
    s3('new', 'new'),
    s3('asked', 'asked', asked),
    s3('kept', 'kept'),
    s3('only-mode', 'only-mode', { mode: '0751' }),
    s3('setgid', 'setgid', { owner: 'nobody', mode: '2755' }),
  ].join('');
  const first = await node.apply(manifest);
  t.equal(first.code, 2, first.stderr);
  t.same(account('new'), [0, 0, '644'], 'a new file gets 0644');
  t.same(account('asked'), [NOBODY, NOBODY, '640']);
  t.equal(text('kept'), 'kept\n');
  t.same(account('kept'), [NOBODY, NOBODY, '4711'], 'unset, a file keeps its own');
  t.same(account('only-mode'), [NOBODY, NOBODY, '751']);
  t.equal(count('GET_OBJECT', 'only-mode'), 0);
  t.match(messages(first, 'only-mode'), [/^mode changed '0644' to '0751'$/]);
  t.same(account('setgid'), [NOBODY, 0, '2755']);

  chownSync(path('asked'), 0, 0);
  proxy.reset();
  const second = await node.apply(manifest);
  t.equal(second.code, 2, second.stderr);
  t.match(messages(second, 'asked'), [
    /^owner changed 'root' to 'nobody'$/,
    /^group changed 'root' to '65534'$/,
  ]);
  t.same(account('asked'), [NOBODY, NOBODY, '640']);
  t.same(proxy.counts(), { HEAD: 5 });
  const third = await node.apply(manifest);
  t.equal(third.code, 0, third.stdout);
});

t.test('what a file may be, and how it gets there', async (t) => {
  const certificates = await makeCertificates(node.dir);
  const tls = await startProxy({ target: site.rgw.endpoint, tls: certificates.valid });
  t.teardown(() => tls.stop());
  const versioned = await site.admin.makeBucket();
  await versioned.enableVersioning();
  const { versionId } = await versioned.put('object', 'the first version\n');
  const { versionId: greatest } = await versioned.put('object', 'the second version\n');
  await bucket.putAll(
    [
      ...['valid', 'invalid', 'there', 'missing', 'pinned', 'unpinned', 'tls', 'payer', 'gone'],
      ...['link', 'refreshed', 'settled'],
    ].map((key) => [key, `${key} of S3\n`] as const),
  );
  const key = Buffer.alloc(32, 'customer');
  await bucket.put('encrypted', 'for customers only\n', {
    SSECustomerAlgorithm: 'AES256',
    SSECustomerKey: key.toString('base64'),
    SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
  });
  for (const name of ['invalid', 'there', 'gone']) writeFileSync(path(name), 'local\n');
  writeFileSync(path('pinned'), 'pinned of S3\n');
  writeFileSync(path('settled'), 'settled of S3\n');
  writeFileSync(path('linked-to'), 'behind the link\n');
  for (const name of ['link', 'kept-link']) symlinkSync(path('linked-to'), path(name));
  const log = path('refreshes');
  const refresh = (name: string) =>
    resource('exec', name, {
      command: `/bin/sh -c "echo ${name} >> ${log}"`,
      refreshonly: true,
      subscribe: { code: `S3['${path(name)}']` },
    });
  const manifest = [
    s3('valid', 'valid', { validate_cmd: `/bin/grep -q 'valid of' %` }),
    s3('invalid', 'invalid', { validate_cmd: ['/bin/grep', 'no such; echo', '%'] }),
    s3('there', 'there', { replace: false }),
    s3('missing', 'missing', { replace: false }),
    s3('kept-link', 'there', { replace: false, mode: '0600' }),
    s3('pinned', 'pinned', { checksum: `sha256:${sha256('pinned of S3\n')}` }),
    s3('unpinned', 'unpinned', { checksum: `SHA256:${sha256('unpinned of S3\n')}`.toLowerCase() }),
    s3('version', '', { source: `/${versioned.name}/object`, version_id: versionId }),
    s3('newest', '', { source: `/${versioned.name}/object` }),
    s3('tls', 'tls', { endpoint: tls.endpoint, ca_file: certificates.caFile }),
    s3('payer', 'payer', { request_payer: true }),
    s3('encrypted', 'encrypted', { sse_customer_key: sensitive(key.toString('base64')) }),
    s3('gone', 'gone', { ensure: 'absent' }),
    s3('link', 'link'),
    // Before what it needs.
    s3('made/below/file', 'valid', { owner: 'nobody' }),
    resource('file', path('made'), { ensure: 'directory' }),
    resource('file', path('made/below'), { ensure: 'directory' }),
    ...['refreshed', 'settled'].flatMap((name) => [s3(name, name), refresh(name)]),
  ].join('');
  proxy.reset();
  const first = await node.apply(manifest);
  t.equal(first.code, 6);
  t.equal(
    Object.values(first.resources).filter(({ status }) => status === 'failed').length,
    1,
    first.stderr,
  );

  t.test('validate_cmd: only what passes takes its place', async (t) => {
    t.equal(text('valid'), 'valid of S3\n');
    t.equal(text('invalid'), 'local\n');
    t.match(outcome(first, path('invalid')).errors, [
      /validate_cmd '\/bin\/grep no such; echo %' failed \(1\); the old file is untouched/,
    ]);
    t.same(leftovers(site.dir), []);
  });
  t.test('replace => false: what is there stays, and S3 is not asked', async (t) => {
    t.equal(text('there'), 'local\n');
    t.equal(count('HEAD', 'there'), 0);
    t.equal(text('missing'), 'missing of S3\n');
    t.equal(text('kept-link'), 'behind the link\n');
    t.equal(status(first, 'kept-link'), 'unchanged');
    t.equal(statSync(path('linked-to')).mode & 0o777, 0o644);
  });
  t.test('a file that has its pinned checksum needs no network', async (t) => {
    t.equal(status(first, 'pinned'), 'unchanged');
    t.equal(count('HEAD', 'pinned') + count('GET_OBJECT', 'pinned'), 0);
    t.equal(text('unpinned'), 'unpinned of S3\n');
  });
  t.test('version_id: just this version', async (t) => {
    t.equal(text('version'), 'the first version\n');
    t.match(messages(first, 'version'), [new RegExp(`^created from .* version ${versionId}$`)]);
    t.equal(text('newest'), 'the second version\n');
    t.match(messages(first, 'newest'), [new RegExp(`^created from .* version ${greatest}$`)]);
  });
  t.test('ca_file: its authority is trusted', async (t) => t.equal(text('tls'), 'tls of S3\n'));
  t.test('request_payer: each request says so', async (t) => {
    const asked = proxy.requests.filter(({ key }) => key === 'payer');
    t.same(
      asked.map(({ headers }) => headers['x-amz-request-payer']),
      ['requester', 'requester'],
    );
  });
  t.test('sse_customer_key: opens what it has encrypted', async (t) => {
    t.equal(text('encrypted'), 'for customers only\n');
  });
  t.test('ensure => absent removes the file', async (t) => {
    t.notOk(existsSync(path('gone')));
    t.same(messages(first, 'gone'), ['removed']);
    t.equal(count('HEAD', 'gone'), 0);
  });
  t.test('a link gives way to the file, what is behind it stays', async (t) => {
    t.equal(text('link'), 'link of S3\n');
    t.equal(text('linked-to'), 'behind the link\n');
    t.match(messages(first, 'link'), [/^content changed 'link to .*linked-to' to '"/]);
  });
  t.test('its directory comes first, wherever in the manifest it is', async (t) => {
    t.equal(text('made/below/file'), 'valid of S3\n');
  });

  await t.test('a content change refreshes, and nothing else does', async (t) => {
    t.equal(text('refreshes'), 'refreshed\n');
    const without = manifest.replaceAll(/s3 \{ '[^']*\/invalid':[^}]*\}\n/g, '');
    proxy.reset();
    const second = await node.apply(without);
    t.equal(second.code, 0, second.stdout);
    t.equal(proxy.counts().GET_OBJECT, undefined);
    t.equal(text('refreshes'), 'refreshed\n');

    await bucket.put('settled', 'unsettled\n');
    await bucket.put('pinned', 'other bytes\n');
    writeFileSync(path('unpinned'), 'damaged at S\n');
    await versioned.put('object', 'the third version\n');
    const third = await node.apply(without, { noop: true });
    t.equal(third.code, 0);
    t.equal(text('refreshes'), 'refreshed\n');
    const fourth = await node.apply(without);
    t.equal(fourth.code, 2, fourth.stderr);
    t.equal(text('refreshes'), 'refreshed\nsettled\n');
    t.equal(text('pinned'), 'pinned of S3\n', 'a pin does not follow S3');
    t.equal(text('unpinned'), 'unpinned of S3\n', 'nor the disk');
    t.equal(text('version'), 'the first version\n');
    t.equal(text('newest'), 'the third version\n');
    t.match(messages(fourth, 'newest'), [
      new RegExp(`^content changed '".*" version ${greatest}' to '".*" version .*'$`),
    ]);
  });
});

t.test('archives are extracted when they changed, or what they create is gone', async (t) => {
  const release = (n: number) => [
    { name: 'app/' },
    { name: 'app/run', content: `release ${n}\n`, mode: 0o755 },
    { name: `app/only-in-${n}`, content: 'x' },
  ];
  await bucket.put('app.tar', tarOf(release(1)));
  await bucket.put('app.zip', zipOf(release(1)));
  await bucket.put('evil.tar', tarOf([{ name: '../escaped', content: 'x' }]));
  await bucket.put('odd.tar', 'this is no archive\n');
  const extract = (name: string) => path(`${name}-extracted`);
  for (const name of ['tar', 'zip', 'cleaned', 'evil', 'odd']) mkdirSync(extract(name));
  const goods = [
    s3('app.tar', 'app.tar', { extract: extract('tar') }),
    s3('app.zip', 'app.zip', {
      extract: extract('zip'),
      creates: join(extract('zip'), 'app/run'),
      owner: 'nobody',
    }),
    s3('cleaned.zip', 'app.zip', {
      extract: extract('cleaned'),
      creates: join(extract('cleaned'), 'app/run'),
      cleanup: true,
    }),
  ].join('');
  const bads = [
    s3('evil.tar', 'evil.tar', { extract: extract('evil') }),
    s3('odd.tar', 'odd.tar', { extract: extract('odd') }),
  ].join('');
  const run = (name: string) => readFileSync(join(extract(name), 'app/run'), 'utf8');
  const all = ['tar', 'zip', 'cleaned'];

  const first = await node.apply(bads + goods);
  t.equal(first.code, 6);
  for (const name of all) t.equal(run(name), 'release 1\n', name);
  t.equal(statSync(join(extract('tar'), 'app/run')).mode & 0o777, 0o755);
  t.equal(statSync(join(extract('zip'), 'app/run')).uid, NOBODY);
  t.match(messages(first, 'app.tar'), [/^created from .*, extracted to .*tar-extracted$/]);
  t.notOk(existsSync(path('cleaned.zip')));
  t.match(outcome(first, path('evil.tar')).errors, [
    /s3:.*entry \.\.\/escaped has \.\. in its path/,
  ]);
  t.match(outcome(first, path('odd.tar')).errors, [/s3:.*is neither a zip nor a tar archive/]);
  t.notOk(existsSync(path('escaped')));
  t.same(readdirSync(extract('evil')), []);

  proxy.reset();
  const second = await node.apply(goods);
  t.equal(second.code, 0, second.stdout);
  t.same(proxy.counts(), { HEAD: 3 });

  rmSync(join(extract('zip'), 'app'), { recursive: true });
  await bucket.put('app.tar', tarOf(release(2)));
  proxy.reset();
  const third = await node.apply(goods);
  t.equal(third.code, 2, third.stderr);
  t.equal(run('tar'), 'release 2\n');
  t.match(messages(third, 'app.tar'), [/^content changed '".*' to '".*', extracted to /]);
  t.equal(run('zip'), 'release 1\n');
  t.equal(count('GET_OBJECT', 'app.zip'), 0, 'the archive is still at hand');
  t.equal(status(third, 'cleaned.zip'), 'unchanged');

  await bucket.put('app.zip', zipOf(release(3)));
  const fourth = await node.apply(goods);
  t.equal(fourth.code, 2, fourth.stderr);
  for (const name of ['zip', 'cleaned']) t.equal(run(name), 'release 3\n', name);
  t.match(messages(fourth, 'cleaned.zip'), [/^content changed '"/]);
  t.notOk(existsSync(path('cleaned.zip')));
  t.equal((await node.apply(goods)).code, 0);
});

t.test('the resource comes after what it needs', async (t) => {
  const caFile = path('ca.pem');
  const manifest = [
    s3('needy/file', 'valid', { owner: 'nobody', group: 'nogroup', ca_file: caFile }),
    s3('extracting', 'valid', { extract: path('unpacked/below') }),
    resource('package', 'nodejs'),
    resource('group', 'nogroup'),
    resource('user', 'nobody'),
    resource('file', caFile, { content: '' }),
    resource('file', path('needy'), { ensure: 'directory' }),
    resource('file', path('unpacked'), { ensure: 'directory' }),
  ].join('');
  await node.apply(manifest, { noop: true, args: ['--graph'] });
  const dot = readFileSync(join(node.vardir, 'state/graphs/expanded_relationships.dot'), 'utf8');
  const precedes = (first: string, second: string) =>
    t.ok(dot.includes(`"${first}" -> "${second}"`), `${first} before ${second}`);
  for (const first of [
    'Package[nodejs]',
    'Group[nogroup]',
    'User[nobody]',
    `File[${caFile}]`,
    `File[${path('needy')}]`,
  ]) {
    precedes(first, `S3[${path('needy/file')}]`);
  }
  precedes(`File[${path('unpacked')}]`, `S3[${path('extracting')}]`);
});

t.test('what is known only in its turn is heeded then', async (t) => {
  await bucket.put('late.tar', tarOf([{ name: 'run', content: 'extracted\n' }]));
  mkdirSync(path('late'));
  const later = (value: string) => ({ code: `Deferred('sprintf', ['${value}'])` });
  const manifest =
    resource('file', path('late'), { ensure: 'directory' }) +
    s3('late.tar', 'late.tar', {
      extract: later(path('late')),
      creates: later(path('late/run')),
      owner: later('nobody'),
      mode: later('0640'),
    }) +
    resource('s3file', 'late', {
      endpoint: proxy.endpoint,
      access_key_id: site.rgw.accessKeyId,
      secret_access_key: site.rgw.secretAccessKey,
      path: later(`/${bucket.name}/`),
      target: later(path('late.s3file')),
    });
  const applied = await node.apply(manifest, { args: ['--no-preprocess_deferred'] });
  t.equal(applied.code, 2, applied.stderr);
  t.equal(text('late/run'), 'extracted\n');
  t.same(account('late.tar'), [NOBODY, 0, '640']);
  t.ok(existsSync(path('late.s3file')));
});
