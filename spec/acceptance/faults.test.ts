import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { makeCertificates } from '../support/certificates.js';
import { hang, s3Error } from '../support/faults/answer.js';
import { cutShort, flipBit, hangAfter } from '../support/faults/body.js';
import { freePort } from '../support/free-port.js';
import { startProxy } from '../support/proxy.js';
import type { Attributes } from './support/manifest.js';
import { mountMemory } from './support/mount.js';
import { leftovers, outcome, startSite } from './support/site.js';

/** What each failing resource must say: its cause, and what to do about it. */
interface Expected {
  key: string;
  attributes?: Attributes;
  cause: RegExp;
  advice: RegExp;
  bucket?: string;
  /** Of the target before; nothing else may be there afterwards. */
  old?: string | 'directory';
}

const site = await startSite(t);
const { bucket, proxy, node, path, s3, count } = site;
const large = randomBytes(2 * 2 ** 20);

await bucket.putAll([
  ['good', 'good\n'],
  ['denied', 'not for you\n'],
  ['secret', 'not for you\n'],
  ['expired', 'too late\n'],
  ['elsewhere', 'elsewhere\n'],
  ['slow', 'slow\n'],
  ['slow-twice', 'slow, then good\n'],
  ['short', large],
  ['short-once', large],
  ['damaged', large],
  ['damaged-once', large],
  ['large', large],
  ['silent', 'silent\n'],
]);

t.test('each fault fails its resource alone, and says what to do', async (t) => {
  const certificates = await makeCertificates(node.dir);
  const { caFile, valid, expired, otherHost } = certificates;
  const tls = await Promise.all(
    [valid, expired, otherHost].map((tls) => startProxy({ target: site.rgw.endpoint, tls })),
  );
  t.teardown(() => Promise.all(tls.map((proxy) => proxy.stop())));
  const [validTls, expiredTls, otherTls] = tls.map(({ endpoint }) => endpoint) as [
    string,
    string,
    string,
  ];
  const closedPort = await freePort();
  const full = mountMemory(path('full'), { bytes: 2 ** 20 });
  t.teardown(() => full.unmount());
  const readOnly = mountMemory(path('read-only'), { bytes: 2 ** 20 });
  t.teardown(() => readOnly.unmount());

  await bucket.denyAnyone('denied', 's3:GetObject');
  proxy.fault({ key: 'expired' }, s3Error(400, 'ExpiredToken'));
  proxy.fault(
    { key: 'elsewhere' },
    s3Error(301, 'PermanentRedirect', { headers: { 'x-amz-bucket-region': 'eu-north-1' } }),
  );
  proxy.fault({ key: 'slow' }, s3Error(503, 'SlowDown'));
  const asked: number[] = [];
  proxy.fault({ operation: 'GET_OBJECT', key: 'slow-twice', times: 3 }, (request, server) => {
    asked.push(Date.now());
    return asked.length < 3 ? s3Error(503, 'SlowDown')(request, server) : server();
  });
  proxy.fault({ operation: 'GET_OBJECT', key: 'short' }, cutShort(2 ** 20));
  proxy.fault({ operation: 'GET_OBJECT', key: 'short-once', times: 1 }, cutShort(2 ** 20));
  proxy.fault({ operation: 'GET_OBJECT', key: 'damaged' }, flipBit(2 ** 20));
  proxy.fault({ operation: 'GET_OBJECT', key: 'damaged-once', times: 1 }, flipBit(2 ** 20));

  const other = {
    access_key_id: site.rgw.other.accessKeyId,
    secret_access_key: site.rgw.other.secretAccessKey,
  };
  const faults: Record<string, Expected> = {
    'missing-bucket': {
      bucket: 'no-such-bucket-anywhere',
      key: 'key',
      cause: /bucket 'no-such-bucket-anywhere' does not exist/,
      advice: /check source, region and endpoint/,
    },
    'missing-key': { key: 'none', cause: /no object with this key/, advice: /check source/ },
    'no-permission': { key: 'denied', cause: /access denied/, advice: /allow s3:GetObject/ },
    'not-ours': {
      key: 'secret',
      attributes: other,
      cause: /access denied/,
      advice: /allow s3:GetObject/,
    },
    'missing-or-denied': {
      key: 'neither-there-nor-ours',
      attributes: other,
      cause: /access denied/,
      advice: /s3:ListBucket for prefixes and to tell a missing key/,
    },
    'wrong-secret': {
      key: 'good',
      attributes: { secret_access_key: 'notTheSecretOfThisKey' },
      cause: /secret_access_key does not belong to the access_key_id/,
      advice: /check both/,
    },
    'wrong-key-id': {
      key: 'good',
      attributes: { access_key_id: 'NOBODY' },
      cause: /does not know this access_key_id/,
      advice: /check it/,
    },
    'expired-token': { key: 'expired', cause: /token has expired/, advice: /renew session_token/ },
    'wrong-region': {
      key: 'elsewhere',
      cause: /not in this region but in eu-north-1/,
      advice: /set region/,
    },
    'unknown-host': {
      key: 'good',
      attributes: { endpoint: 'http://no-such-host.invalid' },
      cause: /host name cannot be resolved/,
      advice: /check endpoint and DNS/,
    },
    refused: {
      key: 'good',
      attributes: { endpoint: `http://127.0.0.1:${closedPort}` },
      cause: /connection refused/,
      advice: /is the server running, are host and port right/,
    },
    'unknown-authority': {
      key: 'good',
      attributes: { endpoint: validTls },
      cause: /unknown authority/,
      advice: /set ca_file/,
    },
    'expired-certificate': {
      key: 'good',
      attributes: { endpoint: expiredTls, ca_file: caFile },
      cause: /certificate has expired/,
      advice: /renew it/,
    },
    'certificate-of-another': {
      key: 'good',
      attributes: { endpoint: otherTls, ca_file: caFile },
      cause: /certificate is for another host/,
      advice: /check endpoint/,
    },
    'no-tls': {
      key: 'good',
      attributes: { endpoint: proxy.endpoint.replace('http:', 'https:') },
      cause: /TLS failed/,
      advice: /does it speak TLS on this port/,
    },
    'missing-ca-file': {
      key: 'good',
      attributes: { endpoint: validTls, ca_file: '/no/such/ca.pem' },
      cause: /cannot read ca_file \/no\/such\/ca\.pem/,
      advice: /no such file/,
    },
    'slow-down': {
      key: 'slow',
      cause: /S3 asks to slow down \(SlowDown.*\).*\(5 attempts\)/,
      advice: /try again later/,
    },
    'cut-short': { key: 'short', cause: /connection was cut/, advice: /try again later/ },
    damaged: {
      key: 'damaged',
      cause: /damaged: its MD5 is [0-9a-f]{32}, the ETag [0-9a-f]{32}/,
      advice: /nothing was put in place/,
    },
    'wrong-pin': {
      key: 'good',
      attributes: { checksum: `sha256:${'0'.repeat(64)}` },
      cause: /has sha256:[0-9a-f]{64}, the pinned checksum is sha256:0{64}/,
      advice: /correct checksum, or upload the right object/,
    },
    'full/file': { key: 'large', cause: /no space left on the device/, advice: /free some/ },
    'read-only/file': {
      key: 'good',
      cause: /file system is mounted read-only/,
      advice: /mount it writable, or correct path/,
    },
    directory: {
      key: 'good',
      old: 'directory',
      cause: /is a directory, and the source is a single object/,
      advice: /end source with \/ for a prefix, or remove the directory/,
    },
  };
  const resources = Object.entries(faults).map(([name, { key, attributes, bucket, old }]) => {
    if (old) mkdirSync(path(name));
    else writeFileSync(path(name), 'old\n');
    return s3(name, key, { ...attributes, ...(bucket ? { source: `/${bucket}/${key}` } : {}) });
  });
  readOnly.makeReadOnly();
  const goods = ['slow-twice', 'short-once', 'damaged-once'];
  const manifest = [
    s3('first', 'good'),
    ...resources,
    s3('no-parent/file', 'good'),
    s3('file-as-parent/file', 'good'),
    ...goods.map((key) => s3(key, key)),
    s3('last', 'good'),
  ].join('');
  writeFileSync(path('file-as-parent'), 'a file\n');

  const applied = await node.apply(manifest);
  t.equal(applied.code, 6);
  for (const [name, { key, bucket: named = bucket.name, cause, advice, old }] of Object.entries({
    ...faults,
    'no-parent/file': {
      key: 'good',
      cause: /directory does not exist/,
      advice: /declare it as a file resource/,
      old: 'nothing',
    } as Expected,
    'file-as-parent/file': {
      key: 'good',
      cause: /a file stands where its directory should be/,
      advice: /remove it/,
      old: 'nothing',
    } as Expected,
  })) {
    t.test(name, async (t) => {
      const { status, errors } = outcome(applied, path(name));
      t.equal(status, 'failed');
      t.equal(errors.length, 1);
      const [line = ''] = errors;
      t.notMatch(line, '\n', 'one line');
      t.match(line, `s3://${named}/${key}`, 'names the bucket and the key');
      t.match(line, cause);
      t.match(line, advice);
      if (old === undefined) t.equal(readFileSync(path(name), 'utf8'), 'old\n');
      if (old === 'directory') t.same(readdirSync(path(name)), []);
    });
  }
  t.test('the others go on', async (t) => {
    for (const name of ['first', 'last']) t.equal(readFileSync(path(name), 'utf8'), 'good\n');
    t.equal(readFileSync(path('slow-twice'), 'utf8'), 'slow, then good\n');
    for (const name of ['short-once', 'damaged-once']) {
      t.ok(readFileSync(path(name)).equals(large), name);
    }
  });
  t.test('what asks to slow down is asked again ever later', async (t) => {
    const [first, second, third] = asked as [number, number, number];
    t.equal(asked.length, 3);
    t.ok(second - first >= 100, `${second - first} ms`);
    t.ok(third - second >= 200, `${third - second} ms`);
  });
  t.test('what cannot get better is not tried again', async (t) => {
    // Ahead and in its turn, each with a GET that tells why.
    t.ok(count('HEAD', 'none') <= 2);
    t.ok(count('HEAD', 'denied') <= 2);
  });
  t.test('no temporary file is left', async (t) => t.same(leftovers(site.dir), []));
});

t.test('a path that cannot be keeps no other resource from being asked for ahead', async (t) => {
  writeFileSync(path('no-directory'), '');
  const long = 'x'.repeat(300);
  const bad = { 'no-directory/below': /a file stands where its/, [long]: /the name is too long/ };
  for (const [name, why] of Object.entries(bad)) {
    proxy.reset();
    const good = ['before', 'after'].map((at) => `${at}-${name.slice(0, 2)}`);
    const [before, after] = good.map((name) => s3(name, 'good')) as [string, string];
    const applied = await node.apply(before + s3(name, 'good') + after, { debug: true });
    t.equal(applied.code, 6, applied.stderr);
    t.match(outcome(applied, path(name)).errors, [why]);
    for (const name of good) t.equal(readFileSync(path(name), 'utf8'), 'good\n');
    t.same(proxy.counts(), { HEAD: 3, GET_OBJECT: 2 });
    t.notMatch(applied.stdout, /nothing is asked ahead/);
  }
});

t.test('a server that goes silent is waited for, but not for ever', async (t) => {
  const silent = await startProxy({ target: site.rgw.endpoint });
  t.teardown(() => silent.stop());
  silent.fault({ key: 'silent' }, hang);
  proxy.clearFaults();
  proxy.fault({ operation: 'GET_OBJECT', key: 'large' }, hangAfter(2 ** 20));
  for (const name of ['stalled', 'hanging']) writeFileSync(path(name), 'old\n');
  const applied = await node.apply(
    s3('stalled', 'large') +
      s3('hanging', 'silent', { endpoint: silent.endpoint }) +
      s3('hanging-too', 'silent', { endpoint: silent.endpoint }) +
      s3('after', 'good'),
  );
  t.equal(applied.code, 6);
  for (const [name, key] of [
    ['stalled', 'large'],
    ['hanging', 'silent'],
  ] as const) {
    const { errors } = outcome(applied, path(name));
    t.equal(errors.length, 1);
    t.match(errors[0], `s3://${bucket.name}/${key} at http`);
    t.match(errors[0], 'the server went silent; try again later, or check the server');
    t.equal(readFileSync(path(name), 'utf8'), 'old\n');
  }
  t.equal(outcome(applied, path('hanging-too')).status, 'failed');
  t.equal(readFileSync(path('after'), 'utf8'), 'good\n');
  t.same(leftovers(site.dir), []);
  t.ok(applied.ms < 100_000, `${Math.round(applied.ms)} ms`);
});
