import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import type { UserError } from '../../../ts/helper/errors.js';
import { extractArchive } from '../../../ts/s3/archive.js';
import { type Item, tarOf, type ZipItem, zipOf } from '../../support/archives.js';

// Each extraction flushes the disk, which other tests keep busy.
t.setTimeout(120_000);

/** A directory to extract into, beside which nothing may appear. */
function place(t: Test): { file: string; into: string; outside: string } {
  const directory = t.testdir({ outside: { into: {} } });
  const outside = join(directory, 'outside');
  return { file: join(directory, 'archive'), into: join(outside, 'into'), outside };
}

const FORMATS: Record<string, (items: Item[]) => Buffer> = {
  zip: zipOf,
  tar: tarOf,
  'tar.gz': (items) => gzipSync(tarOf(items)),
  'tar.bz2': (items) => execFileSync('bzip2', ['-c'], { input: tarOf(items) }),
  'tar.xz': (items) => execFileSync('xz', ['-c'], { input: tarOf(items) }),
  'tar.zst': (items) => execFileSync('zstd', ['-qc'], { input: tarOf(items) }),
};

function mode(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8);
}

for (const [format, archiveOf] of Object.entries(FORMATS)) {
  t.test(`a ${format} is extracted, whatever its name`, async (t) => {
    const { file, into } = place(t);
    const big = Buffer.alloc(300_000, 'big ');
    writeFileSync(
      file,
      archiveOf([
        { name: './' },
        { name: 'bin/', mode: 0o750 },
        { name: 'bin/run', content: '#!/bin/sh', mode: 0o755 },
        { name: './lib/deep/big', content: big },
        { name: 'empty', mode: 0o600 },
        { name: `${'long/'.repeat(40)}ü😀`, content: 'name' },
        { name: 'link', type: '2', target: 'bin/run' },
        { name: 'bin/up', type: '2', target: '../empty' },
      ]),
    );
    t.strictSame(await extractArchive(file, into), { entries: 8 });
    t.equal(readFileSync(join(into, 'bin/run'), 'utf8'), '#!/bin/sh');
    t.ok(readFileSync(join(into, 'lib/deep/big')).equals(big));
    t.equal(readFileSync(join(into, 'long/'.repeat(40), 'ü😀'), 'utf8'), 'name');
    t.equal(mode(join(into, 'bin')), '750');
    t.equal(mode(join(into, 'bin/run')), '755');
    t.equal(mode(join(into, 'lib')), '755', 'a directory that is not named is made');
    t.equal(mode(join(into, 'empty')), '600');
    t.equal(readlinkSync(join(into, 'link')), 'bin/run');
    t.equal(statSync(join(into, 'bin/up')).size, 0);
  });

  t.test(`a ${format} without entries is extracted to nothing`, async (t) => {
    const { file, into } = place(t);
    writeFileSync(file, archiveOf([]));
    t.strictSame(await extractArchive(file, into), { entries: 0 });
  });

  t.test(`a ${format} that is cut short or has a changed byte is one clear error`, async (t) => {
    const { file, into } = place(t);
    const content = randomBytes(3000);
    const whole = archiveOf([{ name: 'a', content }, { name: 'b' }]);
    for (const length of [whole.length / 2, whole.length - 1100, whole.length - 1, 600]) {
      writeFileSync(file, whole.subarray(0, length));
      await t.rejects(extractArchive(file, into), {
        code: 'archive_damaged',
        message: /archive is damaged or cut short: [^\n]+; publish it again$/,
      });
    }
    const changed = Buffer.from(whole);
    // A tar has checksums of its headers alone.
    const at = format === 'tar' ? 5 : Math.floor(whole.length / 3);
    changed[at] = (changed[at] as number) ^ 0xff;
    writeFileSync(file, changed);
    await t.rejects(extractArchive(file, into), { code: 'archive_damaged' });
    t.notOk(readdirSync(into).some((name) => name.startsWith('.webhook-')));
  });
}

t.test('modes: executable bits are kept, setuid and writable-by-others are not', async (t) => {
  for (const archiveOf of [tarOf, zipOf]) {
    const { file, into } = place(t);
    writeFileSync(
      file,
      archiveOf([
        { name: 'suid', mode: 0o6777 },
        { name: 'open', mode: 0o666 },
        { name: 'secret', mode: 0o400 },
        { name: 'dir/', mode: 0o7777 },
        { name: 'locked/', mode: 0o555 },
        { name: 'locked/file' },
      ]),
    );
    await extractArchive(file, into);
    t.equal(mode(join(into, 'suid')), '755');
    t.equal(mode(join(into, 'open')), '644');
    t.equal(mode(join(into, 'secret')), '400');
    t.equal(mode(join(into, 'dir')), '755');
    t.equal(mode(join(into, 'locked')), '755', 'its owner can write files into it');
  }
});

t.test('a zip that knows no permissions gets the usual ones', async (t) => {
  const { file, into } = place(t);
  writeFileSync(
    file,
    zipOf([
      { name: 'a', madeBy: 0 },
      { name: 'd/', madeBy: 0 },
    ]),
  );
  await extractArchive(file, into);
  t.equal(mode(join(into, 'a')), '644');
  t.equal(mode(join(into, 'd')), '755');
});

t.test('hard links are names of one file, also when extracted again', async (t) => {
  const { file, into } = place(t);
  const items = [
    { name: 'dir/a', content: 'x' },
    { name: 'b/b', type: '1', target: 'dir/a' },
    { name: 'b/b', type: '1', target: './dir/a' },
  ];
  writeFileSync(file, tarOf(items));
  for (const _ of ['first', 'again']) {
    await extractArchive(file, into);
    t.equal(lstatSync(join(into, 'b/b')).ino, lstatSync(join(into, 'dir/a')).ino);
    t.strictSame(readdirSync(join(into, 'b')), ['b']);
  }
});

t.test(
  'owner and group are given to all that is made, and to nothing that was there',
  async (t) => {
    const { file, into } = place(t);
    mkdirSync(join(into, 'kept'), { mode: 0o700 });
    writeFileSync(join(into, 'other'), 'not of the archive');
    const items = [
      { name: 'kept/', mode: 0o755 },
      { name: 'kept/f' },
      { name: 'new/f' },
      { name: 'link', type: '2', target: 'new' },
    ];
    writeFileSync(file, tarOf(items));
    const ids = process.getuid?.() === 0 ? { owner: 1234, group: 2345 } : {};
    await extractArchive(file, into, ids);
    const wanted = { uid: ids.owner ?? process.getuid?.(), gid: ids.group ?? process.getgid?.() };
    for (const name of ['kept/f', 'new', 'new/f', 'link']) {
      t.match(lstatSync(join(into, name)), wanted, name);
    }
    t.match(lstatSync(join(into, 'kept')), { uid: process.getuid?.() });
    t.equal(mode(join(into, 'kept')), '700', 'a directory that was there keeps its mode');
    t.equal(readFileSync(join(into, 'other'), 'utf8'), 'not of the archive');
  },
);

t.test('files are replaced by rename: whoever has the old one open keeps it whole', async (t) => {
  const { file, into } = place(t);
  writeFileSync(join(into, 'a'), 'old');
  const before = lstatSync(join(into, 'a')).ino;
  const killed = join(into, '.webhook-ca978112ca1bbdca');
  writeFileSync(killed, 'what a killed run left');
  writeFileSync(file, zipOf([{ name: 'a', content: 'new' }]));
  await extractArchive(file, into);
  t.equal(readFileSync(join(into, 'a'), 'utf8'), 'new');
  t.not(lstatSync(join(into, 'a')).ino, before);
  t.strictSame(readdirSync(into), ['a']);
});

t.test('the directory is made if only it is missing', async (t) => {
  const { file, outside } = place(t);
  writeFileSync(file, tarOf([{ name: 'a' }]));
  await extractArchive(file, join(outside, 'fresh'));
  t.ok(existsSync(join(outside, 'fresh/a')));
  const deep = join(outside, 'no/such');
  await t.rejects(extractArchive(file, deep), { code: 'ENOENT', message: new RegExp(deep) });
});

const HOSTILE: Record<string, [Item[], RegExp]> = {
  'a path with ..': [[{ name: '../evil' }], /entry \.\.\/evil has \.\. in its path/],
  'a path with .. inside': [[{ name: 'a/../../evil' }], /has \.\. in its path/],
  'an absolute path': [[{ name: '/tmp/evil' }], /entry \/tmp\/evil has an absolute path/],
  'an absolute symlink': [
    [{ name: 'l', type: '2', target: '/etc' }],
    /entry l is a symbolic link to \/etc, an absolute path/,
  ],
  'a symlink that climbs out': [
    [{ name: 'd/l', type: '2', target: '../../etc' }],
    /entry d\/l is a symbolic link to \.\.\/\.\.\/etc, which may leave/,
  ],
  'a symlink that climbs after a name': [
    [
      { name: 'd/up', type: '2', target: '..' },
      { name: 'l', type: '2', target: 'd/up/..' },
    ],
    /entry l is a symbolic link to d\/up\/\.\., which may leave/,
  ],
  'a file through a symlink of the archive': [
    [{ name: 'l', type: '2', target: 'd' }, { name: 'l/evil' }],
    /entry l\/evil goes through l, which is a symbolic link of the archive/,
  ],
  'a symlink in the place of a directory': [
    [{ name: 'd/f' }, { name: 'd', type: '2', target: 'e' }],
    /entry d is a symbolic link, but in its place is a directory of the archive/,
  ],
  'a file below a file': [[{ name: 'a' }, { name: 'a/b' }], /goes through a, which is a file/],
  'a device': [[{ name: 'null', type: '3' }], /entry null is a device/],
  'a pipe': [[{ name: 'p', type: '6' }], /entry p is a .*pipe/],
  'a newline in a name': [[{ name: '../a\nb' }], /entry "\.\.\/a\\nb" has/],
};

for (const [what, [items, message]] of Object.entries(HOSTILE)) {
  t.test(`${what} is refused before anything is written`, async (t) => {
    for (const archiveOf of [tarOf, zipOf, FORMATS['tar.xz'] as typeof tarOf]) {
      const { file, into, outside } = place(t);
      writeFileSync(file, archiveOf([{ name: 'innocent' }, ...items, { name: 'behind' }]));
      await t.rejects(extractArchive(file, into), { code: 'archive_refused', message });
      t.strictSame(readdirSync(into), []);
      t.strictSame(readdirSync(outside), ['into']);
    }
  });
}

t.test('hard links to anything but an earlier file of the archive are refused', async (t) => {
  const { file, into, outside } = place(t);
  writeFileSync(join(into, 'there'), 'on disk');
  for (const target of ['/etc/passwd', '../x', 'there', 'later', 'l']) {
    const items = [
      { name: 'l', type: '2', target: 'x' },
      { name: 'h', type: '1', target },
      { name: 'later' },
    ];
    writeFileSync(file, tarOf(items));
    await t.rejects(extractArchive(file, into), { code: 'archive_refused', message: /entry h / });
  }
  t.strictSame(readdirSync(into), ['there']);
  t.strictSame(readdirSync(outside), ['into']);
});

t.test('entries that no extractor would make right are refused, not skipped', async (t) => {
  const { file, into } = place(t);
  const unknown: [Buffer, RegExp][] = [
    [tarOf([{ name: 'v', type: 'V' }]), /entry v is an entry of type/],
    [tarOf([{ name: 's', type: 'S' }]), /entry s is an entry of type SparseFile/],
    [tarOf([{ name: 'GNUSparseFile.1/s' }]), /is a sparse file/],
    [zipOf([{ name: 'e', flags: 1 }]), /entry e is encrypted/],
    [zipOf([{ name: 'm', method: 12 }]), /entry m is compressed by method 12/],
  ];
  for (const [archive, message] of unknown) {
    writeFileSync(file, archive);
    await t.rejects(extractArchive(file, into), { message });
    t.strictSame(readdirSync(into), []);
  }
});

t.test('links and obstacles on disk are refused before anything is written', async (t) => {
  const { file, into, outside } = place(t);
  mkdirSync(join(outside, 'elsewhere'));
  symlinkSync('../elsewhere', join(into, 'link'));
  writeFileSync(join(into, 'file'), 'old');
  mkdirSync(join(into, 'dir'));
  const refused: [string, RegExp][] = [
    ['link/evil', /goes through link, which is a symbolic link on disk/],
    ['link/', /is a directory, but in its place is a symbolic link on disk/],
    ['file/x', /goes through file, which is a file on disk/],
    ['file/', /is a directory, but in its place is a file on disk/],
    ['dir', /is a file, but in its place is a directory on disk/],
  ];
  for (const archiveOf of [tarOf, zipOf]) {
    for (const [name, message] of refused) {
      writeFileSync(file, archiveOf([{ name: 'innocent' }, { name }]));
      await t.rejects(extractArchive(file, into), { code: 'archive_refused', message });
    }
  }
  t.strictSame(readdirSync(into), ['dir', 'file', 'link']);
  t.strictSame(readdirSync(join(outside, 'elsewhere')), []);
  writeFileSync(file, tarOf([{ name: 'link', content: 'a file now' }]));
  await extractArchive(file, into);
  t.equal(readFileSync(join(into, 'link'), 'utf8'), 'a file now', 'a link itself is replaced');
  t.strictSame(readdirSync(join(outside, 'elsewhere')), []);
});

t.test('a directory that becomes a link in the middle is not followed', async (t) => {
  const { file, into, outside } = place(t);
  mkdirSync(join(outside, 'elsewhere'));
  const big = Buffer.alloc(30_000_000);
  writeFileSync(file, tarOf([{ name: 'a', content: big }, { name: 'd/evil' }]));
  const extraction = extractArchive(file, into);
  const swap = (): void => {
    if (existsSync(join(into, 'd'))) return;
    // The check is over once something is written.
    if (readdirSync(into).length > 0) symlinkSync('../elsewhere', join(into, 'd'));
    else setImmediate(swap);
  };
  swap();
  await t.rejects(extraction, { message: /d/ });
  t.strictSame(readdirSync(join(outside, 'elsewhere')), []);
  t.ok(lstatSync(join(into, 'd')).isSymbolicLink(), 'the link was there in time');
});

t.test(
  'a zip that holds more or less than it declares, or something else, is damaged',
  async (t) => {
    const lies: ZipItem[] = [
      { name: 'a', content: Buffer.alloc(5_000_000), declaredSize: 10 },
      { name: 'a', content: 'short', declaredSize: 1000 },
      { name: 'a', content: 'x', crc: 1 },
      { name: 'a', content: 'x', crc: 1, method: 0 },
    ];
    for (const item of lies) {
      const { file, into } = place(t);
      writeFileSync(file, zipOf([item]));
      await t.rejects(extractArchive(file, into), { code: 'archive_damaged' });
      t.strictSame(readdirSync(into), []);
    }
  },
);

t.test('a tar that is cut between two entries is damaged', async (t) => {
  const { file, into } = place(t);
  for (const archive of [
    tarOf([{ name: 'a' }], { end: false }),
    gzipSync(tarOf([{ name: 'a' }], { end: false })),
  ]) {
    writeFileSync(file, archive);
    await t.rejects(extractArchive(file, into), { code: 'archive_damaged', message: /its end/ });
    t.strictSame(readdirSync(into), []);
  }
});

t.test('what is no archive is named so, whatever its name', async (t) => {
  const { file, into } = place(t);
  for (const content of ['', 'hello', '<html>', 'P'.repeat(1000)]) {
    writeFileSync(file, content);
    await t.rejects(extractArchive(file, into), {
      code: 'archive_unknown',
      message: /is neither a zip nor a tar archive/,
    });
  }
  writeFileSync(file, gzipSync('just a text'));
  await t.rejects(extractArchive(file, into), { code: 'archive_damaged' });
});

t.test('a missing decompressor is named with its package', async (t) => {
  const { file, into } = place(t);
  writeFileSync(file, (FORMATS['tar.xz'] as typeof tarOf)([{ name: 'a' }]));
  const { PATH } = process.env;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = into;
  await t.rejects(extractArchive(file, into), { code: 'tool_missing', message: /xz-utils/ });
});

t.test('a full disk fails with the entry named and leaves no temporary file', async (t) => {
  const { file, into } = place(t);
  // A file size limit is a disk that is full for this process alone.
  writeFileSync(
    file,
    tarOf([
      { name: 'a', content: 'x' },
      { name: 'big', content: Buffer.alloc(2_000_000) },
    ]),
  );
  const script = `
    process.on('SIGXFSZ', () => {});
    const { extractArchive } = await import(${JSON.stringify(new URL('../../../ts/s3/archive.ts', import.meta.url).href)});
    await extractArchive(process.argv[1], process.argv[2]).then(
      () => console.log('extracted'), (error) => console.log(error.code, error.message));`;
  const out = execFileSync(
    'bash',
    [
      '-c',
      'ulimit -f 1000; exec "$0" --import tsx --input-type=module -e "$1" "$2" "$3"',
      process.execPath,
      script,
      file,
      into,
    ],
    { encoding: 'utf8' },
  );
  t.match(out, /^EFBIG .*into\/big: /);
  t.strictSame(readdirSync(into), ['a']);
});

const name = fc
  .array(fc.constantFrom('..', '.', '', 'a', 'b', 'ü', 'c\\', '~', ' '), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join('/'))
  .filter((text) => text !== '');
const item: fc.Arbitrary<Item> = fc.record({
  name,
  content: fc.constantFrom('', 'content'),
  type: fc.constantFrom('0', '0', '1', '2', '5'),
  target: name,
});

t.test('no archive writes outside its directory, or through a link', async (t) => {
  const { file, into, outside } = place(t);
  let extracted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 5 }), fc.boolean(), async (items, zip) => {
      const usable = zip ? items.filter(({ type }) => type !== '1') : items;
      rmSync(into, { recursive: true });
      mkdirSync(into);
      writeFileSync(file, zip ? zipOf(usable) : tarOf(usable));
      try {
        await extractArchive(file, into);
        extracted++;
      } catch (error) {
        // A directory with content, as some of these are, is no sound tar.
        if (!/^archive_(?:refused|damaged)$/.test((error as UserError).code)) throw error;
        if (readdirSync(into).length > 0) return false;
      }
      return readdirSync(outside).join() === 'into' && linksStayInside(into, into);
    }),
    { numRuns: 200 },
  );
  t.ok(extracted > 5, `${extracted} of the archives were extracted`);
});

function linksStayInside(root: string, directory: string): boolean {
  return readdirSync(directory, { withFileTypes: true }).every((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return linksStayInside(root, path);
    if (!entry.isSymbolicLink()) return true;
    const real = realpathOf(path);
    return real === undefined || real === root || real.startsWith(`${root}/`);
  });
}

/** Where a link leads in the end, also if nothing is there; nowhere, if it loops. */
function realpathOf(path: string): string | undefined {
  try {
    // The other one follows a link to something below itself for ever.
    return realpathSync.native(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined;
    return execFileSync('readlink', ['-m', path], { encoding: 'utf8' }).trimEnd();
  }
}

t.test('archives of the usual tools are extracted as these tools extract them', async (t) => {
  const { file, into, outside } = place(t);
  const tree = join(outside, 'tree');
  mkdirSync(join(tree, 'sub'), { recursive: true });
  writeFileSync(join(tree, 'sub/run'), 'x', { mode: 0o755 });
  writeFileSync(join(tree, 'n'.repeat(99)), 'long');
  symlinkSync('sub/run', join(tree, 'link'));
  chmodSync(join(tree, 'sub'), 0o755);
  for (const format of ['gnu', 'pax', 'ustar']) {
    const target = join(outside, format);
    execFileSync('tar', ['-C', tree, `--format=${format}`, '-czf', file, '.']);
    await extractArchive(file, target);
    execFileSync('diff', ['-r', '--no-dereference', tree, target]);
    t.equal(mode(join(target, 'sub/run')), '755');
  }
  execFileSync('zip', ['-qry', `${file}.zip`, '.'], { cwd: tree });
  await extractArchive(`${file}.zip`, into);
  execFileSync('diff', ['-r', '--no-dereference', tree, into]);
  t.equal(mode(join(into, 'sub/run')), '755');
});
