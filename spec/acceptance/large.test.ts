import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { PARALLEL_FROM } from '../../ts/s3/fetch-in-ranges.js';
import { cutShort, flipBit } from '../support/faults/body.js';
import { leftovers, outcome, said, startSite } from './support/site.js';

const MIB = 2 ** 20;
const site = await startSite(t);
const { bucket, proxy, node, path, s3, count } = site;

t.test('an object that comes in ranges', async (t) => {
  const large = randomBytes(PARALLEL_FROM + 3 * MIB + 1);
  const later = randomBytes(PARALLEL_FROM + 5 * MIB);
  const [good, bad] = [['plain', 'parts', 'damaged', 'cut', 'replaced'], 'lost'];
  for (const key of ['plain', 'damaged', 'cut', 'replaced', bad]) await bucket.put(key, large);
  await bucket.multipart('parts', large, 8 * MIB);
  const [operation, skip, times] = ['GET_OBJECT' as const, 2, 1];
  proxy.fault({ operation, key: 'damaged', skip, times }, flipBit(MIB));
  proxy.fault({ operation, key: 'cut', skip, times }, cutShort(MIB));
  proxy.fault({ operation, key: bad, skip }, cutShort(MIB));
  proxy.fault({ operation, key: 'replaced', skip, times }, async (_request, server) => {
    await bucket.put('replaced', later);
    return server();
  });
  writeFileSync(path(bad), 'old\n');
  const manifest = good.map((key) => s3(key, key)).join('');

  const first = await node.apply(s3(bad, bad) + manifest);
  t.equal(first.code, 6);
  t.test('arrives whole, whatever happens to one of them', async (t) => {
    for (const key of ['plain', 'parts', 'damaged', 'cut']) {
      t.equal(outcome(first, path(key)).status, 'changed', key);
      t.ok(readFileSync(path(key)).equals(large), key);
    }
    t.ok(count('GET_OBJECT', 'plain') > 1, 'in ranges');
  });
  t.test('is of one object, even when that is replaced meanwhile', async (t) => {
    t.ok(readFileSync(path('replaced')).equals(later));
    t.match(said(first, 'info').join('\n'), /\/replaced was replaced on S3 in mid-download/);
  });
  t.test('leaves the old file when one of them cannot be had', async (t) => {
    const { status, errors } = outcome(first, path(bad));
    t.equal(status, 'failed');
    t.match(errors, [/s3:.*\/lost at http.*: the connection was cut .*; try again later/]);
    t.equal(readFileSync(path(bad), 'utf8'), 'old\n');
    t.same(leftovers(site.dir), []);
  });

  await t.test('is proved without a GET when the ledger is gone', async (t) => {
    site.forget();
    proxy.reset();
    const second = await node.apply(manifest);
    t.equal(second.code, 0, second.stdout);
    t.equal(proxy.counts().GET_OBJECT, undefined);
  });
});
