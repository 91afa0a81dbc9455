import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { Transport } from '../../../ts/net/transport.js';
import { assumeRole } from '../../../ts/s3/assume-role.js';
import { DEFAULT_CLIENT_OPTIONS, S3Client } from '../../../ts/s3/client.js';
import type { Connection } from '../../../ts/s3/connection.js';
import { reset } from '../../support/faults/answer.js';
import { freePort } from '../../support/free-port.js';
import { startProxy } from '../../support/proxy.js';
import { useRgw } from '../../support/rgw.js';
import { s3Admin } from '../../support/s3-admin.js';

const base = async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret' });
const role = 'arn:aws:iam::123456789012:role/builder';

function transport(t: Test): (origin: string) => Transport {
  return (origin) => {
    const options = { connections: 1, timeouts: DEFAULT_CLIENT_OPTIONS.timeouts };
    const made = new Transport(origin, options);
    t.teardown(() => made.close());
    return made;
  };
}

/** An STS that answers this, and keeps what it was asked. */
async function sts(t: Test, status: number, xml: string) {
  const asked: URLSearchParams[] = [];
  const server = createServer(async (request, response) => {
    asked.push(new URLSearchParams(await text(request)));
    response.writeHead(status).end(xml);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { asked, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

t.test('a real STS gives keys that the gateway takes, once for all requests', async (t) => {
  const rgw = await useRgw();
  t.teardown(() => rgw.stop());
  const admin = s3Admin(rgw);
  t.teardown(() => admin.close());
  const bucket = await admin.makeBucket();
  await bucket.put('key', 'body');
  const proxy = await startProxy({ target: rgw.endpoint });
  t.teardown(() => proxy.stop());
  const secrets: string[] = [];
  const clientOf = (role_arn: string) => {
    const client = new S3Client(
      {
        endpoint: proxy.endpoint,
        access_key_id: rgw.accessKeyId,
        secret_access_key: rgw.secretAccessKey,
        role_arn,
      },
      {
        ...DEFAULT_CLIENT_OPTIONS,
        log: () => undefined,
        keepSecret: (...all) => secrets.push(...all.map(String)),
      },
    );
    t.teardown(() => client.close());
    return client;
  };
  const client = clientOf(rgw.roleArn);
  await Promise.all([1, 2, 3].map(() => client.head(bucket.name, 'key')));
  t.equal((await client.head(bucket.name, 'key')).size, 4);
  t.strictSame(proxy.counts(), { POST: 1, HEAD: 4 });
  const token = String(proxy.requests[3]?.headers['x-amz-security-token']);
  t.ok(token.length > 20);
  t.ok(secrets.includes(token), 'and the token is known as a secret');

  await t.rejects(clientOf('arn:aws:iam:::role/none').head(bucket.name, 'key'), {
    code: 'denied',
    message: /cannot assume arn:aws:iam:::role\/none at .*check role_arn, external_id/,
  });
});

t.test(
  'it asks with the external id and a name of its own, and reads what XML escapes',
  async (t) => {
    const { asked, endpoint } = await sts(
      t,
      200,
      '<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>' +
        '<SecretAccessKey>a&amp;b/c+d</SecretAccessKey><SessionToken>t&#x3D;&lt;</SessionToken>' +
        '<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>',
    );
    const connection = { endpoint, role_arn: role, external_id: 'a b&c=d/é' };
    const provider = assumeRole(connection, base, transport(t));
    const expected = { accessKeyId: 'ASIA', secretAccessKey: 'a&b/c+d', sessionToken: 't=<' };
    t.strictSame(await provider(), expected);
    t.strictSame(await provider(), expected);
    t.equal(asked.length, 1);
    t.match(Object.fromEntries(asked[0] ?? []), {
      Action: 'AssumeRole',
      RoleArn: role,
      RoleSessionName: /^puppet-[\w-]{10,57}$/,
      ExternalId: 'a b&c=d/é',
    });
  },
);

t.test('a refusal says whose, why and what to check', async (t) => {
  const refusal =
    '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no &lt;trust&gt;</Message></Error></ErrorResponse>';
  const refused = await sts(t, 403, refusal);
  await t.rejects(
    assumeRole({ endpoint: refused.endpoint, role_arn: role }, base, transport(t))(),
    {
      name: 'UserError',
      code: 'denied',
      message: `cannot assume ${role} at ${refused.endpoint} (403 AccessDenied no <trust>); check role_arn, external_id and the role's trust policy`,
    },
  );
  const odd = await sts(t, 200, '<html>hello</html>');
  await t.rejects(assumeRole({ endpoint: odd.endpoint, role_arn: role }, base, transport(t))(), {
    code: 'denied',
  });
});

t.test('an STS in trouble is tried again and then named, rather than S3', async (t) => {
  const setUp = (endpoint: string) => {
    const client = new S3Client(
      { endpoint, role_arn: role, access_key_id: 'AKID', secret_access_key: 'secret' },
      {
        ...DEFAULT_CLIENT_OPTIONS,
        retries: { ...DEFAULT_CLIENT_OPTIONS.retries, baseDelayMs: 1, maxDelayMs: 1 },
        log: () => undefined,
        keepSecret: () => undefined,
      },
    );
    t.teardown(() => client.close());
    return client;
  };
  const ill = await sts(t, 503, '<Error><Code>SlowDown</Code><Message>later</Message></Error>');
  await t.rejects(setUp(ill.endpoint).head('bucket', 'key'), {
    code: 'server_error',
    message: `cannot assume ${role} at ${ill.endpoint}: the server failed (503 SlowDown later); try again later (5 attempts)`,
  });
  t.equal(ill.asked.length, 5);

  const cut = await startProxy();
  t.teardown(() => cut.stop());
  cut.fault({ operation: 'POST' }, reset);
  await t.rejects(setUp(cut.endpoint).head('bucket', 'key'), {
    code: 'connection_lost',
    message: /^cannot assume .*: the connection was cut .*\(5 attempts\)$/,
  });

  const closed = `http://127.0.0.1:${await freePort()}`;
  const client = setUp(closed);
  const refused = {
    code: 'connection_refused',
    message: `cannot assume ${role} at ${closed}: connection refused; is the server running, are host and port right?`,
  };
  await t.rejects(client.head('bucket', 'key'), refused);
  const server = createServer(() => t.fail('it is left alone for a while'));
  t.teardown(() => server.close());
  server.listen(Number(new URL(closed).port), '127.0.0.1');
  await once(server, 'listening');
  await t.rejects(client.head('bucket', 'another'), refused);
});

t.test('AWS is asked at its STS, also where the endpoint is one of S3', async (t) => {
  for (const [connection, origin] of [
    [{}, 'https://sts.us-east-1.amazonaws.com'],
    [{ region: 'eu-west-1' }, 'https://sts.eu-west-1.amazonaws.com'],
    [{ region: 'cn-north-1' }, 'https://sts.cn-north-1.amazonaws.com.cn'],
    [
      { endpoint: 'https://s3.dualstack.us-west-2.amazonaws.com', region: 'us-west-2' },
      'https://sts.us-west-2.amazonaws.com',
    ],
    [
      { endpoint: 'https://bucket.vpce-1a2b.s3.us-east-1.vpce.amazonaws.com' },
      'https://sts.us-east-1.amazonaws.com',
    ],
    [{ endpoint: 'https://notamazonaws.com' }, 'https://notamazonaws.com'],
  ] as [Connection, string][]) {
    let asked = '';
    const provider = assumeRole({ ...connection, role_arn: role }, base, (there) => {
      asked = there;
      throw new Error('not in this test');
    });
    await t.rejects(provider());
    t.equal(asked, origin);
  }
});

t.test('without credentials of its own no role is asked for', async (t) => {
  const provider = assumeRole({ role_arn: role }, async () => undefined, transport(t));
  await t.rejects(provider(), { code: 'no_credentials', message: /role_arn needs credentials/ });
});
