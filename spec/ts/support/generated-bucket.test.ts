import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import t from 'tap';
import { generatedBucket, generatedObject } from '../../support/generated-bucket.js';
import { startProxy } from '../../support/proxy.js';

t.test('a client pages through all of it, in order, and reads any of it', async (t) => {
  const server = await startProxy();
  t.teardown(() => server.stop());
  server.fault({}, generatedBucket(2500));
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
  const client = new S3Client({
    endpoint: server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
  });
  t.teardown(() => client.destroy());

  const keys: string[] = [];
  const etags: string[] = [];
  const all = paginateListObjectsV2({ client }, { Bucket: 'b', Prefix: 'many/' });
  for await (const page of all) {
    for (const { Key, ETag } of page.Contents ?? []) {
      keys.push(Key ?? '');
      etags.push(ETag ?? '');
    }
  }
  t.same(
    keys,
    Array.from({ length: 2500 }, (_, n) => generatedObject(n).key),
  );
  t.same(keys, [...keys].sort());
  t.same(server.counts(), { LIST: 3 });

  const { key, body } = generatedObject(1234);
  const found = await client.send(new GetObjectCommand({ Bucket: 'b', Key: key }));
  t.equal(await found.Body?.transformToString(), body);
  t.equal(found.ETag, etags[1234]);
  await t.rejects(client.send(new GetObjectCommand({ Bucket: 'b', Key: 'many/none' })), {
    name: 'NoSuchKey',
  });
});
