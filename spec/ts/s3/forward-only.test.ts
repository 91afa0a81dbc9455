import { createHash } from 'node:crypto';
import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Environment } from '../../../ts/s3/environment.js';
import type { Found } from '../../../ts/s3/find.js';
import { keepInstalled } from '../../../ts/s3/forward-only.js';
import type { LedgerEntry } from '../../../ts/s3/ledger.js';
import type { RemoteObject } from '../../../ts/s3/remote-object.js';
import type { S3Resource } from '../../../ts/s3/resource.js';
import { compareVersions } from '../../../ts/s3/version-order.js';

const bytes = (key: string) => `bytes of ${key}`;
const etagOf = (key: string) => createHash('md5').update(bytes(key)).digest('hex');

const object = (key: string): RemoteObject => ({
  bucket: 'b',
  key,
  etag: etagOf(key),
  size: bytes(key).length,
  answered: bytes(key).length,
  checksums: {},
  etagIsMd5: undefined,
});

const entryOf = (key: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  source: `s3://b/${key}`,
  etag: etagOf(key),
  size: bytes(key).length,
  digests: { md5: etagOf(key) },
  fingerprint: '1:2:3:4',
  ...more,
});

/** What S3 has, the greatest first. */
const found = (...keys: [string, ...string[]]): Found => ({
  remote: object(keys[0]),
  choice: {
    candidates: keys.map(object),
    compare: compareVersions,
    matches: (key) => key.startsWith('app-'),
  },
});

/** Which key stays or comes, and what is said about it. */
async function choose(
  t: Test,
  onS3: Found,
  installed: { entry?: LedgerEntry; file?: string },
  more: Partial<S3Resource> = {},
) {
  const path = join(t.testdir({ file: bytes(installed.file ?? '') }), 'file');
  const stats: Stats | undefined = installed.file === undefined ? undefined : lstatSync(path);
  const logged: string[] = [];
  const log = (level: string, message: string) => logged.push(`${level}: ${message}`);
  const env = { log } as unknown as Environment;
  const resource: S3Resource = { path, ensure: 'latest', source: '/b/app-*', ...more };
  const { remote } = await keepInstalled(resource, onS3, { entry: installed.entry, stats, env });
  return { key: remote.key, remote, logged };
}

const v1 = { entry: entryOf('app-1.9'), file: 'app-1.9' };
const v2 = { entry: entryOf('app-1.10'), file: 'app-1.10' };

t.test('a greater version comes', async (t) => {
  t.match(await choose(t, found('app-1.10', 'app-1.9'), v1), { key: 'app-1.10', logged: [] });
  t.match(await choose(t, found('app-1.10'), {}), { key: 'app-1.10', logged: [] });
});

t.test('a lower one does not: what is installed is kept, and both are named', async (t) => {
  const kept = await choose(t, found('app-1.9'), v2);
  t.equal(kept.key, 'app-1.10');
  t.match(kept.remote, { etag: etagOf('app-1.10'), etagIsMd5: false }, 'as the ledger knows it');
  t.strictSame(kept.logged, [
    'warning: the greatest version on S3 is app-1.9, lower than app-1.10, which is installed and kept; set allow_downgrade => true to go back',
  ]);
});

t.test('unless a downgrade is allowed', async (t) => {
  const back = await choose(t, found('app-1.9'), v2, { allow_downgrade: true });
  t.match(back, { key: 'app-1.9', logged: [] });
});

t.test('ensure => present stays with what it has, on S3 or not', async (t) => {
  const ensure = { ensure: 'present' } as const;
  t.match(await choose(t, found('app-1.10', 'app-1.9'), v1, ensure), {
    key: 'app-1.9',
    logged: [],
  });
  t.match(await choose(t, found('app-1.10'), v1, ensure), { key: 'app-1.9', logged: [] });
  t.match(await choose(t, found('app-1.10', 'app-1.9'), {}, ensure), { key: 'app-1.10' });
});

t.test('without a ledger, the file itself tells which version it is', async (t) => {
  const file = { file: 'app-1.10' };
  t.match(await choose(t, found('app-1.9', 'app-1.10'), file), { key: 'app-1.10', logged: [/./] });
  t.match(await choose(t, found('app-1.9', 'app-1.8'), file), { key: 'app-1.9', logged: [] });
  t.match(await choose(t, found('app-1.9', 'app-1.8'), { file: 'else' }), { key: 'app-1.9' });
});

t.test(
  'what was extracted and cleaned up counts as installed; what was removed does not',
  async (t) => {
    const extracted = { entry: entryOf('app-1.10', { extracted: 'x to /opt', fingerprint: '' }) };
    const cleanup = { cleanup: true };
    t.match(await choose(t, found('app-1.9'), extracted, cleanup), {
      key: 'app-1.10',
      logged: [/./],
    });
    const removed = { entry: entryOf('app-1.10') };
    t.match(await choose(t, found('app-1.9'), removed, cleanup), { key: 'app-1.9' });
    t.match(await choose(t, found('app-1.9'), extracted), { key: 'app-1.9' }, 'without cleanup');
  },
);

t.test('what came from elsewhere is not compared', async (t) => {
  for (const source of ['s3://other/app-1.10', 's3://b/tool-1.10']) {
    const other = { entry: entryOf('app-1.10', { source }), file: 'app-1.10' };
    t.match(await choose(t, found('app-1.9'), other), { key: 'app-1.9', logged: [] }, source);
  }
  const literal: Found = { remote: object('app-1.9') };
  t.match(await choose(t, literal, v2), { key: 'app-1.9', logged: [] }, 'nor is a literal key');
});
