import t, { type Test } from 'tap';
import { DEFAULT_CLIENT_OPTIONS, S3Client } from '../../../ts/s3/client.js';
import { Clients } from '../../../ts/s3/clients.js';
import { listAll } from '../../../ts/s3/list-all.js';
import { Remotes } from '../../../ts/s3/remotes.js';
import { changedListing } from '../../support/faults/listing.js';
import { generatedBucket } from '../../support/generated-bucket.js';
import { startProxy } from '../../support/proxy.js';

const options = {
  ...DEFAULT_CLIENT_OPTIONS,
  log: () => undefined,
  keepSecret: () => undefined,
  env: {},
};

async function setUp(t: Test, objects: number) {
  const proxy = await startProxy();
  t.teardown(() => proxy.stop());
  proxy.fault({}, generatedBucket(objects));
  const connection = { endpoint: proxy.endpoint, anonymous: true };
  const client = new S3Client(connection, options);
  t.teardown(() => client.close());
  return { proxy, connection, client };
}

async function count(listing: AsyncIterable<unknown>): Promise<number> {
  let n = 0;
  for await (const _ of listing) n++;
  return n;
}

/** Such a page, empty or not, goes on there. */
const goingOn = (where: (n: number) => string) => {
  let n = 0;
  const more = () =>
    `<IsTruncated>true</IsTruncated><NextContinuationToken>${where(n++)}</NextContinuationToken>`;
  return changedListing((xml) => xml.replace(/<IsTruncated>.*<\/IsTruncated>/, more));
};

t.test('every page is asked for once', async (t) => {
  const { proxy, client } = await setUp(t, 2500);
  t.equal(await count(listAll(client, 'builds', 'many/')), 2500);
  t.strictSame(proxy.counts(), { LIST: 3 });
});

t.test(
  'a first page that was asked for ahead is not asked for again, unless it failed',
  async (t) => {
    for (const [failures, requests] of [
      [0, 2],
      [1, 3],
    ] as const) {
      const { proxy, connection } = await setUp(t, 1500);
      proxy.fault(
        { times: failures },
        changedListing(() => ''),
      );
      const clients = new Clients(options);
      t.teardown(() => clients.close());
      const remotes = new Remotes(clients);
      const resource = {
        path: '/x',
        ensure: 'present',
        source: '/builds/many/',
        ...connection,
      } as const;
      remotes.listAhead(resource);
      t.equal(await count(remotes.list(resource)), 1500);
      t.strictSame(proxy.counts(), { LIST: requests });
    }
  },
);

t.test('a listing that goes in a circle ends with one line', async (t) => {
  for (const circle of [1, 3]) {
    const { proxy, client } = await setUp(t, 500);
    proxy.fault(
      {},
      goingOn((n) => String(n % circle)),
    );
    await t.rejects(count(listAll(client, 'builds', 'many/')), {
      name: 'UserError',
      code: 'bad_listing',
      message: `s3://builds/many/ at ${proxy.endpoint}: the listing goes in a circle; nothing was deleted`,
    });
    t.equal(proxy.requests.length, circle + 1);
  }
});

t.test('a page without any object may go on', async (t) => {
  const { proxy, client } = await setUp(t, 500);
  proxy.fault(
    { times: 2 },
    changedListing((xml) => xml.replace(/<Contents>.*<\/Contents>/, '')),
  );
  proxy.fault(
    { times: 2 },
    goingOn((n) => String(n * 100)),
  );
  t.equal(await count(listAll(client, 'builds', 'many/')), 400);
  t.equal(proxy.requests.length, 3);
});
