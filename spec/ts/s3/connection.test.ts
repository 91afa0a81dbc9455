import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  addressOf,
  awsEndpoint,
  type Connection,
  connectionId,
} from '../../../ts/s3/connection.js';

function url(bucket: string, connection: Connection, region = 'us-east-1'): string {
  const { origin, host, base } = addressOf(bucket, region, connection);
  assert.equal(new URL(origin).host, host);
  return origin + base;
}

t.test('AWS is asked at the host of the bucket, in its region', async (t) => {
  t.equal(url('builds', {}), 'https://builds.s3.us-east-1.amazonaws.com');
  t.equal(url('builds', {}, 'eu-west-1'), 'https://builds.s3.eu-west-1.amazonaws.com');
  t.equal(url('builds', {}, 'cn-north-1'), 'https://builds.s3.cn-north-1.amazonaws.com.cn');
  t.equal(awsEndpoint('sts', 'eu-west-1'), 'https://sts.eu-west-1.amazonaws.com');
});

t.test(
  'a bucket whose name has dots goes into the path: no certificate covers its host',
  async (t) => {
    t.equal(url('my.builds', {}), 'https://s3.us-east-1.amazonaws.com/my.builds');
    t.equal(
      url('my.builds', { force_path_style: false }),
      'https://my.builds.s3.us-east-1.amazonaws.com',
    );
  },
);

t.test(
  'at an endpoint of your own the bucket goes into the path, unless asked otherwise',
  async (t) => {
    const endpoint = 'http://127.0.0.1:8000';
    t.equal(url('builds', { endpoint }), `${endpoint}/builds`);
    t.equal(url('builds', { endpoint: `${endpoint}/` }), `${endpoint}/builds`);
    t.equal(url('builds', { endpoint: `${endpoint}/s3/` }), `${endpoint}/s3/builds`);
    t.equal(
      url('builds', { endpoint: 'https://s3.example.com', force_path_style: false }),
      'https://builds.s3.example.com',
    );
    t.equal(url('builds', { force_path_style: true }), 'https://s3.us-east-1.amazonaws.com/builds');
  },
);

t.test('what is no host is refused, with where it came from', async (t) => {
  const message = (endpoint: string) => `${endpoint} is not a URL; check endpoint and region`;
  t.throws(() => url('builds', { endpoint: 'http://[bad' }), {
    name: 'UserError',
    message: message('http://[bad'),
  });
  t.throws(() => url('builds', {}, 'no host'), {
    name: 'UserError',
    message: message('https://s3.no host.amazonaws.com'),
  });
});

t.test('two resources share a client only if they agree on every field', async () => {
  const fields: Record<keyof Connection, fc.Arbitrary<string | boolean>> = {
    access_key_id: fc.string(),
    secret_access_key: fc.string(),
    session_token: fc.string(),
    profile: fc.string(),
    role_arn: fc.string(),
    external_id: fc.string(),
    anonymous: fc.boolean(),
    region: fc.string(),
    endpoint: fc.string(),
    force_path_style: fc.boolean(),
    ca_file: fc.string(),
    request_payer: fc.boolean(),
    sse_customer_key: fc.string(),
  };
  const connection = fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Connection>;
  fc.assert(
    fc.property(connection, fc.constantFrom(...Object.keys(fields)), (one, field) => {
      const copy = Object.fromEntries(Object.entries(one).reverse()) as Connection;
      assert.equal(connectionId(copy), connectionId(one));
      const other = { ...one, [field]: `${one[field as keyof Connection]} other` };
      assert.notEqual(connectionId(other), connectionId(one));
    }),
  );
});
