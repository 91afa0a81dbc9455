import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { Match } from '../support/fault.js';
import { s3Error } from '../support/faults/answer.js';
import { changedListing, truncatedListing } from '../support/faults/listing.js';
import { resource } from './support/manifest.js';
import type { Applied } from './support/puppet.js';
import { leftovers, outcome, said, startSite } from './support/site.js';
import { snapshot } from './support/snapshot.js';

const site = await startSite(t);
const { bucket, proxy, node, path, s3 } = site;
const outside = join(node.dir, 'outside');
mkdirSync(outside);
writeFileSync(join(outside, 'file'), 'outside\n');
const NOBODY = 65534;

const publish = (prefix: string, ...names: string[]) =>
  bucket.putAll(names.map((name) => [prefix + name, `${name}\n`] as const));

function put(name: string, text = `local ${name}\n`): void {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), text);
}

/** All files and links below a directory. */
function files(name: string): string[] {
  return readdirSync(path(name), { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(path(name).length + 1))
    .sort();
}

const listingOf = (prefix: string): Match => ({
  operation: 'LIST',
  where: ({ query }) => query.get('prefix') === prefix,
});
const messages = (applied: Applied, name: string) => outcome(applied, path(name)).messages;
const status = (applied: Applied, name: string) => outcome(applied, path(name)).status;

await publish('site/', 'index.html', 'css/main.css', 'img/a b+c%20é.png', 'img/deep/er/x.png');
await publish('mixed/', 'a.html', 'a.bak', 'sub/b.html', 'sub/c.txt', 'cache/d.html');
await publish('owned/', 'one', 'below/two');
await publish('hostile/', 'ok', 'a', 'a/b', 'same/', 'same/file', '.webhook-1-0-x', 'new\nline');
await publish('hostile/', '/absolute', 'double//slash', '../climbs', 'in/../side', './dot');
await bucket.put('hostile/marker/', '');
await bucket.put('hostile/loaded/', 'a directory with bytes\n');
await publish('kept/', 'there', 'missing');

t.test('good prefixes', async (t) => {
  put('purged/stray');
  put('purged/emptied/dir/stray');
  put('purged/keep/this');
  put('purged/sub/that.local');
  symlinkSync(outside, path('purged/link'));
  put('unpurged/stray');
  put('emptied/stray');
  put('kept/there');
  mkdirSync(path('real-root'));
  symlinkSync(path('real-root'), path('linked-root'));
  const manifest = [
    s3('site', 'site/'),
    s3('trailing/', 'site/', { include: ['*.html'] }),
    s3('mixed', 'mixed/', { include: ['*.html', '*.bak'], exclude: ['*.bak', 'cache/'] }),
    s3('owned', 'owned/', { owner: 'nobody', group: 'nogroup', mode: '0640' }),
    s3('purged', 'site/', { purge: true, max_purge: 3, exclude: ['keep/', '*.local'] }),
    s3('unpurged', 'site/'),
    s3('emptied', 'nothing/', { purge: true, allow_empty: true }),
    s3('kept', 'kept/', { replace: false }),
    s3('hostile', 'hostile/', { purge: true }),
    s3('linked-root', 'site/'),
  ].join('');
  const site4 = ['css/main.css', 'img/a b+c%20é.png', 'img/deep/er/x.png', 'index.html'];
  const before = snapshot(outside);

  const first = await node.apply(manifest);
  t.equal(first.code, 2, first.stderr);
  t.test('every object below it comes to its place', async (t) => {
    t.same(files('site'), site4);
    for (const name of site4) t.equal(readFileSync(path(`site/${name}`), 'utf8'), `${name}\n`);
    t.equal(statSync(path('site/img/deep')).mode & 0o7777, 0o755);
    t.same(messages(first, 'site'), [`created with 4 files of s3://${bucket.name}/site/`]);
    const info = said(first, 'info');
    for (const name of site4)
      t.ok(
        info.some((line) => line.startsWith(`added ${name} "`)),
        name,
      );
  });
  t.test('a link that an operator made the directory is one', async (t) => {
    t.same(files('real-root'), site4);
  });
  t.test('only what is included and not excluded comes', async (t) => {
    t.same(files('mixed'), ['a.html', 'sub/b.html']);
    t.same(files('trailing'), ['index.html']);
  });
  t.test('every file has the owner, group and mode asked for', async (t) => {
    for (const name of ['one', 'below/two']) {
      const { uid, gid, mode } = statSync(path(`owned/${name}`));
      t.same([uid, gid, (mode & 0o7777).toString(8)], [NOBODY, NOBODY, '640'], name);
    }
    for (const name of ['owned', 'owned/below']) {
      const { uid, gid, mode } = statSync(path(name));
      t.same([uid, gid, (mode & 0o7777).toString(8)], [NOBODY, NOBODY, '750'], name);
    }
  });
  t.test('purge removes what is not on S3, links themselves, and nothing excluded', async (t) => {
    t.same(files('purged'), [...site4, 'keep/this', 'sub/that.local'].sort());
    t.notOk(existsSync(path('purged/emptied')));
    t.same(snapshot(outside), before);
    t.same(messages(first, 'purged'), [
      `content changed '4 missing, 3 not on S3' to '4 files of s3://${bucket.name}/site/'`,
    ]);
    for (const name of ['stray', 'emptied/dir/stray', 'link']) {
      t.ok(said(first, 'info').includes(`removed ${name}`), name);
    }
  });
  t.test('without purge all else stays', async (t) => {
    t.same(files('unpurged'), [...site4, 'stray'].sort());
  });
  t.test('an empty prefix that is meant so empties', async (t) => t.same(files('emptied'), []));
  t.test('replace => false brings only what is missing', async (t) => {
    t.equal(readFileSync(path('kept/there'), 'utf8'), 'local kept/there\n');
    t.equal(readFileSync(path('kept/missing'), 'utf8'), 'missing\n');
  });
  t.test('keys that cannot be files here are named and not followed', async (t) => {
    t.same(files('hostile'), ['a', 'new\nline', 'ok', 'same/file']);
    t.notOk(existsSync(path('climbs')));
    t.notOk(existsSync('/absolute'));
    const warnings = said(first, 'warning').filter((text) => text.includes('is skipped'));
    const url = `s3://${bucket.name}/hostile/`;
    for (const [key, why] of Object.entries({
      '/absolute': 'it is absolute',
      'double//slash': 'it holds an empty name (//)',
      '../climbs': 'it holds the name ..',
      'in/../side': 'it holds the name ..',
      './dot': 'it holds the name .',
      'a/b': 'on disk it cannot be beside a',
      'loaded/': 'it marks a directory, yet holds 23 bytes',
      'same/': 'it marks a directory, yet holds 6 bytes',
    })) {
      t.ok(warnings.includes(`${url}${key} is skipped: ${why}`), `${key}\n${warnings.join('\n')}`);
    }
    t.ok(warnings.some((text) => text.startsWith(`${url}.webhook-1-0-x is skipped: `)));
    t.equal(warnings.length, 9, warnings.join('\n'));
    t.ok(said(first, 'info').some((line) => line.startsWith('added "new\\nline" "')));
  });

  await t.test('the second apply is LISTs and no change', async (t) => {
    proxy.reset();
    const second = await node.apply(manifest);
    t.equal(second.code, 0, second.stdout);
    t.same(proxy.counts(), { LIST: 10 });
  });

  await t.test('noop and then the run tell what is added, changed, removed and why', async (t) => {
    await publish('site/', 'added.html');
    await bucket.put('site/index.html', 'changed on S3\n');
    await bucket.remove('site/css/main.css');
    put('purged/img/deep/er/x.png', 'changed here\n');
    chownSync(path('owned/one'), 0, NOBODY);
    chmodSync(path('owned/one'), 0o600);
    chmodSync(path('owned/below/two'), 0o600);
    const seen = [snapshot(site.dir), snapshot(site.ledger)];
    const planned = await node.apply(manifest, { noop: true });
    t.same([snapshot(site.dir), snapshot(site.ledger)], seen, 'noop writes nothing');
    t.match(messages(planned, 'purged'), [
      /'1 missing, 2 differing, 1 not on S3', should be '4 files of s3:.*' \(noop\)/,
    ]);
    t.match(messages(planned, 'owned'), [
      /other on 1 files(, should be| to) 'nobody' \(noop\)/,
      /'other on 2 files'(, should be| to) '0640' \(noop\)/,
    ]);
    const would = said(planned, 'info');
    t.ok(would.includes('would add added.html: not on disk'));
    t.ok(would.includes('would remove css/main.css: not on S3'));
    t.ok(would.some((line) => /^would change index\.html: \S/.test(line)));
    t.ok(would.some((line) => /^would change img\/deep\/er\/x\.png: \S/.test(line)));

    proxy.reset();
    const done = await node.apply(manifest);
    t.equal(done.code, 2, done.stderr);
    t.match(messages(done, 'purged'), [
      `content changed '1 missing, 2 differing, 1 not on S3' to '4 files of s3://`,
    ]);
    t.equal(readFileSync(path('purged/index.html'), 'utf8'), 'changed on S3\n');
    t.equal(readFileSync(path('purged/img/deep/er/x.png'), 'utf8'), 'img/deep/er/x.png\n');
    t.notOk(existsSync(path('purged/css')));
    t.ok(existsSync(path('unpurged/css/main.css')));
    const info = said(done, 'info');
    t.ok(info.some((line) => /^changed index\.html from "[0-9a-f]{32}" to "[0-9a-f]/.test(line)));
    t.ok(info.includes('removed css/main.css'));
    for (const name of ['one', 'below/two']) {
      const { uid, mode } = statSync(path(`owned/${name}`));
      t.same([uid, (mode & 0o7777).toString(8)], [NOBODY, '640'], name);
    }
    const owned = proxy.requests.filter(({ key }) => key.startsWith('owned/'));
    t.same(owned, [], 'attributes alone fetch nothing');
    t.equal((await node.apply(manifest)).code, 0);
  });
});

t.test('after a change of attributes alone no file is read again', async (t) => {
  const names = ['a', 'b', 'dir/c', 'dir/d'];
  await publish('attributes/', ...names);
  const manifest = (mode: string) =>
    s3('attributes', 'attributes/', { owner: 'root', group: 'root', mode });
  t.equal((await node.apply(manifest('0644'))).code, 2);
  // Known to the ledger as they were: the one that was written to must be compared, not believed.
  writeFileSync(path('attributes/b'), 'b\n');
  chownSync(path('attributes/dir/c'), NOBODY, NOBODY);
  const compared = (applied: Applied) =>
    said(applied, 'debug')
      .map((line) => /attributes\/(\S+) is .*: /.exec(line)?.[1])
      .filter((name) => name !== undefined);
  proxy.reset();
  const changed = await node.apply(manifest('0600'), { debug: true });
  t.equal(changed.code, 2);
  t.same(compared(changed), ['b', 'dir/c']);
  t.same(proxy.counts(), { LIST: 1 }, 'owner, group and mode are set at once');
  for (const name of names) {
    const { uid, mode } = statSync(path(`attributes/${name}`));
    t.same([uid, (mode & 0o7777).toString(8)], [0, '600'], name);
  }
  const after = await node.apply(manifest('0600'), { debug: true });
  t.equal(after.code, 0);
  t.same(compared(after), []);
});

t.test('purging is fail-closed', async (t) => {
  await publish('many/', ...Array.from({ length: 1_005 }, (_, n) => String(n).padStart(4, '0')));
  for (const prefix of ['cut/', 'endless/', 'broken/', 'few/', 'linked/']) {
    await publish(prefix, 'one', 'sub/two');
  }
  proxy.clearFaults();
  proxy.fault(
    { operation: 'LIST', where: ({ query }) => query.has('continuation-token') },
    s3Error(500, 'InternalError'),
  );
  proxy.fault(listingOf('cut/'), truncatedListing);
  proxy.fault(
    listingOf('endless/'),
    changedListing((xml) => xml.replace(/<IsTruncated>.*<\/IsTruncated>/, '')),
  );
  proxy.fault({ operation: 'GET_OBJECT', key: 'broken/one' }, s3Error(400, 'Odd'));
  const names = ['many', 'cut', 'endless', 'empty', 'denied', 'few', 'broken', 'linked'];
  for (const name of names) for (const at of [1, 2, 3]) put(`${name}/stray-${at}`);
  mkdirSync(path('broken/dir'));
  symlinkSync(outside, path('linked/sub'));
  const purge = true;
  const { accessKeyId, secretAccessKey } = site.rgw.other;
  const before = [snapshot(site.dir), snapshot(outside)];
  const applied = await node.apply(
    [
      s3('many', 'many/', { purge }),
      s3('cut', 'cut/', { purge }),
      s3('endless', 'endless/', { purge }),
      s3('empty', 'nothing/', { purge }),
      s3('denied', 'few/', {
        purge,
        access_key_id: accessKeyId,
        secret_access_key: secretAccessKey,
      }),
      s3('few', 'few/', { purge, max_purge: 2 }),
      s3('broken', 'broken/', { purge }),
      s3('linked', 'linked/', { purge }),
      s3('unaffected', 'few/', { purge }),
    ].join(''),
  );
  t.equal(applied.code, 6);
  const error = (name: string) => {
    const { errors } = outcome(applied, path(name));
    t.equal(errors.length, 1, name);
    t.match(errors[0], new RegExp(`s3://${bucket.name}/`), name);
    return errors[0];
  };
  t.match(error('many'), /S3 failed \(InternalError.*try again later \(5 attempts\)/);
  t.match(error('cut'), /the listing is cut short or not a listing; nothing was deleted/);
  t.match(error('endless'), /does not say whether it is complete; nothing was deleted/);
  t.match(error('empty'), /no object is below this prefix; check source, or set allow_empty/);
  t.match(error('denied'), /access denied.*allow s3:GetObject, and s3:ListBucket/);
  t.match(error('few'), /3 files would be purged, max_purge is 2; nothing was changed/);
  t.match(error('broken'), /1 of 2 files failed: one: .*Odd.*; nothing was purged/);
  t.match(error('linked'), /1 of 2 files failed: sub\/two: sub is a symbolic link, which is not/);
  t.equal(status(applied, 'unaffected'), 'changed');
  t.same(files('unaffected'), ['one', 'sub/two']);
  for (const name of names) {
    for (const at of [1, 2, 3]) t.ok(existsSync(path(`${name}/stray-${at}`)), `${name} ${at}`);
  }
  for (const name of names.slice(0, 6)) {
    const was = before[0]?.filter((line) => line.startsWith(path(name)));
    t.same(snapshot(path(name)), was, `${name} is as it was`);
  }
  t.equal(readFileSync(path('broken/sub/two'), 'utf8'), 'sub/two\n', 'the others came');
  t.ok(lstatSync(path('linked/sub')).isSymbolicLink());
  t.equal(readFileSync(path('linked/one'), 'utf8'), 'one\n');
  t.same(snapshot(outside), before[1]);
  t.same(leftovers(site.dir), []);
});

t.test('purge takes any name, and spares what other resources have there', async (t) => {
  proxy.clearFaults();
  mkdirSync(path('shared'));
  // Names in Latin-1, as of a time before UTF-8.
  const old = Buffer.from(`${path('shared')}/caf\xe9`, 'latin1');
  mkdirSync(old);
  writeFileSync(Buffer.concat([old, Buffer.from('/th\xe9', 'latin1')]), '');
  for (const name of ['stray', 'local.conf', 'kept/stray', 'emptied/stray', 'more/stray'])
    put(`shared/${name}`, 'declared');
  const manifest = [
    resource('file', path('shared'), { ensure: 'directory' }),
    resource('file', path('shared/kept'), { ensure: 'directory' }),
    resource('file', path('shared/local.conf'), { content: 'declared' }),
    s3('shared', 'few/', { purge: true, max_purge: 4 }),
    s3('shared/object', 'few/one'),
    s3('shared/more', 'few/'),
  ].join('');
  const first = await node.apply(manifest);
  t.equal(first.code, 2, first.stdout);
  t.match(messages(first, 'shared'), [/^content changed '2 missing, 4 not on S3' to '2 files of/]);
  const left = ['local.conf', 'more/one', 'more/stray', 'more/sub/two', 'object', 'one', 'sub/two'];
  t.same(files('shared'), left);
  t.notOk(existsSync(path('shared/emptied')));
  t.ok(said(first, 'info').includes('removed "caf\\udce9/th\\udce9"'));
  t.ok(existsSync(path('shared/kept')), 'a directory that is declared stays, though it is empty');
  const second = await node.apply(manifest);
  t.equal(second.code, 0, second.stdout);
  t.same(files('shared'), left);
});

t.test('a directory is removed only with purge', async (t) => {
  proxy.clearFaults();
  for (const name of ['whole', 'spared']) put(`${name}/sub/file`);
  rmSync(path('few'), { recursive: true });
  const manifest = [
    s3('whole', 'site/', { ensure: 'absent', purge: true }),
    s3('spared', 'site/', { ensure: 'absent' }),
    s3('few', 'few/', { ensure: 'absent', purge: true }),
  ].join('');
  proxy.reset();
  const applied = await node.apply(manifest);
  t.same(messages(applied, 'whole'), ['removed with 1 files']);
  t.notOk(existsSync(path('whole')));
  t.match(outcome(applied, path('spared')).errors, [/removed with all that is in it only with/]);
  t.ok(existsSync(path('spared/sub/file')));
  t.equal(status(applied, 'few'), 'unchanged');
  t.same(proxy.counts(), {});
});
