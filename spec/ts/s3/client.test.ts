import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { type ClientOptions, S3Client } from '../../../ts/s3/client.js';
import type { Connection } from '../../../ts/s3/connection.js';
import { makeCertificates } from '../../support/certificates.js';
import {
  hang,
  otherRegion,
  otherSigningRegion,
  reset,
  s3Error,
} from '../../support/faults/answer.js';
import { cutShort, hangAfter } from '../../support/faults/body.js';
import { truncatedListing } from '../../support/faults/listing.js';
import { freePort } from '../../support/free-port.js';
import { generatedBucket, generatedObject } from '../../support/generated-bucket.js';
import { type Proxy as CountingProxy, startProxy } from '../../support/proxy.js';
import { useRgw } from '../../support/rgw.js';
import { s3Admin } from '../../support/s3-admin.js';

const [bucket, secret] = ['builds', 'a-secret-that-signs'];
const { key } = generatedObject(0);

interface Told {
  logged: string[];
  secrets: string[];
}

function clientOf(t: Test, connection: Connection, options: Partial<ClientOptions> = {}) {
  const told: Told = { logged: [], secrets: [] };
  const client = new S3Client(connection, {
    connections: 8,
    timeouts: { connectMs: 300, idleMs: 300 },
    retries: { attempts: 3, attemptsAfterTimeout: 2, baseDelayMs: 1, maxDelayMs: 2 },
    log: (level, message) => told.logged.push(`${level}: ${message}`),
    keepSecret: (...secrets) => told.secrets.push(...secrets.filter((each) => each !== undefined)),
    ...options,
  });
  t.teardown(() => client.close());
  return { client, ...told };
}

/** Three objects, behind what a test lets go wrong. */
async function setUp(t: Test, connection: Connection = {}) {
  const proxy = await startProxy();
  t.teardown(() => proxy.stop());
  proxy.fault({}, generatedBucket(3));
  const keys = { access_key_id: 'AKID', secret_access_key: secret };
  return { proxy, ...clientOf(t, { endpoint: proxy.endpoint, ...keys, ...connection }) };
}

async function body(client: S3Client, name: string, of = bucket): Promise<string> {
  let chunks: Buffer[] = [];
  await client.get(of, name, {}, () => {
    chunks = [];
    return (chunk) => void chunks.push(chunk);
  });
  return String(Buffer.concat(chunks));
}

const statuses = (proxy: CountingProxy) => proxy.requests.map(({ status }) => status);

t.test('a real server accepts its signatures, whatever the keys and versions are', async (t) => {
  const rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  const real = await admin.makeBucket();
  const keys = [
    'plain',
    'a b/c+d&e=f?g#h',
    "q'u(o)t*e!",
    '100%/%41',
    'é😀\uffee',
    '~/./x',
    'tab\tnl\n',
  ];
  await real.putAll(keys.map((each) => [each, `body of ${each}`]));
  const { client } = clientOf(t, {
    endpoint: rgw.endpoint,
    access_key_id: rgw.accessKeyId,
    secret_access_key: rgw.secretAccessKey,
  });
  for (const each of keys) {
    const text = `body of ${each}`;
    const etag = createHash('md5').update(text).digest('hex');
    t.match(await client.head(real.name, each), { key: each, etag, size: Buffer.byteLength(text) });
    t.equal(await body(client, each, real.name), text);
  }
  const { objects } = await client.list(real.name, '');
  t.strictSame(objects.map((object) => object.key).sort(), keys.sort());
  t.strictSame(
    (await client.list(real.name, 'a b/c+')).objects.map((object) => object.key),
    ['a b/c+d&e=f?g#h'],
  );

  await real.enableVersioning();
  const { versionId = '' } = await real.put('plain', 'first');
  await real.put('plain', 'second, longer');
  t.match(await client.head(real.name, 'plain', { versionId }), { size: 5, versionId });
  await t.rejects(
    client.get(real.name, 'plain', { ifMatch: 'other' }, () => () => undefined),
    {
      code: 'replaced',
    },
  );
});

t.test('a bucket that is elsewhere is followed, and asked there from then on', async (t) => {
  for (const elsewhere of [otherRegion, otherSigningRegion]) {
    const { proxy, client, logged } = await setUp(t);
    proxy.fault({}, elsewhere('eu-west-1'));
    await client.head(bucket, key);
    t.equal(proxy.requests.length, 2);
    t.match(logged, [/in eu-west-1, asking there/]);
    await client.list(bucket, '');
    await client.head(bucket, key);
    t.equal(proxy.requests.length, 4);
  }
});

t.test(
  'all requests that were under way go on in the region that one of them is told',
  async (t) => {
    for (const elsewhere of [otherRegion, otherSigningRegion]) {
      const { proxy, client, logged } = await setUp(t);
      proxy.fault({}, elsewhere('eu-west-1'));
      proxy.latencyMs = 10;
      await Promise.all(Array.from({ length: 100 }, () => client.head(bucket, key)));
      t.equal(logged.length, 1);
      t.ok(proxy.requests.length <= 200, 'each is asked twice at most');
      t.notOk(proxy.counts().GET_OBJECT, 'and none why it failed');
    }
  },
);

t.test('a bucket that is said to be ever elsewhere is not chased', async (t) => {
  const { proxy, client } = await setUp(t);
  let n = 0;
  proxy.fault({}, (request, server) =>
    s3Error(301, 'PermanentRedirect', { headers: { 'x-amz-bucket-region': `region-${n++}` } })(
      request,
      server,
    ),
  );
  await t.rejects(client.list(bucket, ''), { code: 'wrong_region', message: /set region/ });
  t.equal(proxy.requests.length, 2);
});

t.test('what may pass is tried again, as often as the policy says, and told', async (t) => {
  const { proxy, client, logged } = await setUp(t);
  proxy.fault({ times: 2 }, s3Error(503, 'SlowDown'));
  t.equal((await client.list(bucket, '')).objects.length, 3);
  t.strictSame(statuses(proxy), [503, 503, 200]);
  t.match(logged, [/attempt 1 of 3 .*slow down/, /attempt 2 of 3/]);

  proxy.reset();
  proxy.fault({ times: 3 }, s3Error(503, 'SlowDown'));
  await t.rejects(client.list(bucket, 'many/'), {
    name: 'UserError',
    code: 'slow_down',
    message: `s3://builds/many/ at ${proxy.endpoint}: S3 asks to slow down (SlowDown: SlowDown, made by a test); try again later (3 attempts)`,
  });
  t.equal(proxy.requests.length, 3);

  proxy.reset();
  proxy.fault({ times: 2 }, reset);
  t.equal(await body(client, key), generatedObject(0).body);
  t.equal(proxy.requests.length, 3);
});

t.test('what is final is asked once', async (t) => {
  const { proxy, client } = await setUp(t);
  proxy.fault({ times: 1 }, s3Error(403, 'AccessDenied'));
  await t.rejects(client.list(bucket, ''), { code: 'denied', message: /allow s3:GetObject/ });
  t.equal(proxy.requests.length, 1);
});

t.test('the body begins anew with each attempt', async (t) => {
  const { proxy, client } = await setUp(t);
  proxy.fault({ times: 1 }, cutShort(4));
  t.equal(await body(client, key), generatedObject(0).body);
  t.strictSame(
    proxy.requests.map(({ bytes }) => bytes),
    [4, 9],
  );
});

t.test('why a HEAD failed is told by a GET for one byte', async (t) => {
  const { proxy, client } = await setUp(t);
  proxy.fault({}, s3Error(404, 'NoSuchBucket'));
  await t.rejects(client.head(bucket, key, { versionId: 'v/1' }), {
    code: 'no_such_bucket',
    message: /bucket 'builds' does not exist/,
  });
  t.match(proxy.requests, [
    { method: 'HEAD', path: /\?versionId=v%2F1$/ },
    { method: 'GET', path: /\?versionId=v%2F1$/, headers: { range: 'bytes=0-0' } },
  ]);
  t.equal(proxy.requests.length, 2);
});

t.test('why a HEAD of an empty object failed is not that it has no byte', async (t) => {
  const { proxy, client } = await setUp(t);
  proxy.fault({}, s3Error(416, 'InvalidRange'));
  proxy.fault({ operation: 'HEAD' }, s3Error(503, ''));
  await t.rejects(client.head(bucket, key), { code: 'slow_down', message: /\(HTTP 503\)/ });
});

t.test('a server that cannot be reached is not asked again for each resource', async (t) => {
  const { proxy, client } = await setUp(t);
  proxy.fault({}, hang);
  const begun = performance.now();
  await t.rejects(client.list(bucket, ''), {
    code: 'timeout',
    message: /went silent.*\(2 attempts\)/,
  });
  t.equal(proxy.requests.length, 2);
  t.ok(performance.now() - begun < 3000, 'and is given up in time');
  for (const name of ['a', 'b']) await t.rejects(client.head(bucket, name), { code: 'timeout' });
  t.equal(proxy.requests.length, 2);

  const refused = clientOf(t, {
    endpoint: `http://127.0.0.1:${await freePort()}`,
    anonymous: true,
  });
  await t.rejects(refused.client.head(bucket, key), {
    code: 'connection_refused',
    message: /^s3:\/\/builds\/many\/0000\/0000000 at http:.* refused; is the server running/,
  });
});

t.test('one request without an answer does not condemn a server that answers others', async (t) => {
  const { proxy, client } = await setUp(t);
  proxy.fault({ key: 'silent' }, hang);
  const silent = t.rejects(client.head(bucket, 'silent'), { code: 'timeout' });
  for (let i = 0; i < 40; i++) {
    await client.head(bucket, key);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await silent;
  t.equal((await client.head(bucket, key)).size, 9);
});

t.test('a body that stops is given up', async (t) => {
  const { proxy, client } = await setUp(t);
  proxy.fault({}, hangAfter(4));
  const begun = performance.now();
  await t.rejects(body(client, key), { code: 'timeout' });
  t.ok(performance.now() - begun < 5000);
});

t.test('an authority is trusted as ca_file says, and only then', async (t) => {
  const certificates = await makeCertificates(t.testdir());
  for (const [name, expected] of [
    ['valid', undefined],
    ['expired', { code: 'tls', message: /has expired/ }],
    ['otherHost', { code: 'tls', message: /is for another host/ }],
  ] as const) {
    const proxy = await startProxy({ tls: certificates[name] });
    t.teardown(() => proxy.stop());
    proxy.fault({}, generatedBucket(1));
    const connection: Connection = { endpoint: proxy.endpoint, anonymous: true };
    const { client } = clientOf(t, { ...connection, ca_file: certificates.caFile });
    if (expected) await t.rejects(client.head(bucket, key), expected, name);
    else t.equal((await client.head(bucket, key)).size, 9);
    await t.rejects(clientOf(t, connection).client.head(bucket, key), {
      code: 'tls',
      ...(expected ? {} : { message: /unknown authority.*set ca_file/ }),
    });
  }
  const unreadable = { endpoint: 'https://127.0.0.1:1', anonymous: true, ca_file: '/no/such/file' };
  await t.rejects(clientOf(t, unreadable).client.head(bucket, key), {
    code: 'bad_ca_file',
    message: /cannot read ca_file \/no\/such\/file/,
  });
});

t.test('who pays, and the key of an encrypted object, are told with each question', async (t) => {
  const raw = Buffer.alloc(32, 7);
  const customerKey = raw.toString('base64');
  const { proxy, client } = await setUp(t, { request_payer: true, sse_customer_key: customerKey });
  await client.head(bucket, key);
  await body(client, key);
  const encryption = {
    'x-amz-server-side-encryption-customer-algorithm': 'AES256',
    'x-amz-server-side-encryption-customer-key': customerKey,
    'x-amz-server-side-encryption-customer-key-md5': createHash('md5').update(raw).digest('base64'),
  };
  for (const { headers } of proxy.requests) {
    t.match(headers, { ...encryption, 'x-amz-request-payer': 'requester' });
    t.match(headers.authorization, 'x-amz-server-side-encryption-customer-key;', 'and signed');
  }
  proxy.reset();
  await client.list(bucket, '');
  t.match(proxy.requests, [{ headers: { 'x-amz-request-payer': 'requester' } }]);
  t.notMatch(JSON.stringify(proxy.requests[0]?.headers), customerKey, 'a listing needs no key');
});

t.test('every secret is known before a request bears it', async (t) => {
  const { proxy, client, secrets } = await setUp(t, {
    session_token: 'a-token',
    sse_customer_key: Buffer.alloc(32).toString('base64'),
  });
  t.strictSame(new Set(secrets), new Set([secret, 'a-token', Buffer.alloc(32).toString('base64')]));
  await client.head(bucket, key);
  t.match(proxy.requests, [{ headers: { 'x-amz-security-token': 'a-token' } }]);
  t.notMatch(JSON.stringify(proxy.requests), secret, 'the secret key itself never leaves');
});

t.test('who is anonymous signs nothing', async (t) => {
  const { proxy, client } = await setUp(t, { anonymous: true });
  await client.head(bucket, key);
  t.notOk(proxy.requests[0]?.headers.authorization);
});

t.test('a listing goes on where the server says, and is refused when it is cut', async (t) => {
  const { proxy, client } = await setUp(t);
  await client.list(bucket, 'a b/é+', '1/+=&é');
  t.match(proxy.requests, [
    {
      path: '/builds?encoding-type=url&list-type=2&prefix=a%20b%2F%C3%A9%2B&continuation-token=1%2F%2B%3D%26%C3%A9',
    },
  ]);
  proxy.fault({}, truncatedListing);
  await t.rejects(client.list(bucket, 'many/'), {
    code: 'bad_listing',
    message: /^s3:\/\/builds\/many\/ at .*cut short.*nothing was deleted$/,
  });
});

t.test('an answer that is not of S3 is no object', async (t) => {
  const { proxy, client } = await setUp(t);
  proxy.fault({}, (request, server) => s3Error(302, '', { message: '' })(request, server));
  await t.rejects(client.head(bucket, key), { code: 'wrong_endpoint' });
  await t.rejects(body(client, key), { code: 'wrong_endpoint' });
});
