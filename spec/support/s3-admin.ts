import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

export interface Stored {
  etag: string;
  versionId: string | undefined;
}

/** A bucket as a test arranges it: by another client than the one under test. */
export interface Bucket {
  name: string;
  put(
    key: string,
    body: string | Uint8Array,
    options?: Partial<PutObjectCommandInput>,
  ): Promise<Stored>;
  /** Puts many objects, some dozens at a time. */
  putAll(objects: Iterable<readonly [key: string, body: string | Uint8Array]>): Promise<void>;
  multipart(key: string, body: Uint8Array, partSize: number): Promise<Stored>;
  copy(from: string, to: string): Promise<Stored>;
  head(key: string, options?: { versionId?: string }): Promise<HeadObjectCommandOutput>;
  remove(key: string, options?: { versionId?: string }): Promise<void>;
  list(prefix?: string): Promise<{ key: string; etag: string; size: number }[]>;
  enableVersioning(): Promise<void>;
  /** Lets anyone do these actions to every object, and to the bucket itself. */
  allowAnyone(...actions: `s3:${string}`[]): Promise<void>;
  denyAnyone(key: string, ...actions: `s3:${string}`[]): Promise<void>;
}

export interface S3Admin {
  makeBucket(prefix?: string): Promise<Bucket>;
  close(): void;
}

export function s3Admin(server: {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}): S3Admin {
  const { endpoint, ...credentials } = server;
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return {
    async makeBucket(prefix = 'test') {
      const name = `${prefix}-${randomUUID().slice(0, 13)}`;
      await client.send(new CreateBucketCommand({ Bucket: name }));
      return bucket(client, name);
    },
    close: () => client.destroy(),
  };
}

function bucket(client: S3Client, name: string): Bucket {
  const Bucket = name;

  const stored = async (key: string): Promise<Stored> => {
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: key }));
    return { etag: head.ETag ?? '', versionId: head.VersionId };
  };

  const setPolicy = async (statement: object): Promise<void> => {
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  };

  const put: Bucket['put'] = async (key, body, options = {}) => {
    const answer = await client.send(
      new PutObjectCommand({ Bucket, Key: key, Body: body, ...options }),
    );
    return { etag: answer.ETag ?? '', versionId: answer.VersionId };
  };

  return {
    name,
    put,

    async putAll(objects) {
      const queue = objects[Symbol.iterator]();
      const worker = async () => {
        for (let next = queue.next(); !next.done; next = queue.next()) await put(...next.value);
      };
      await Promise.all(Array.from({ length: 32 }, worker));
    },

    async multipart(key, body, partSize) {
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ Bucket, Key: key }),
      );
      const upload = { Bucket, Key: key, UploadId };
      try {
        const Parts: CompletedPart[] = [];
        for (let offset = 0; offset < body.length; offset += partSize) {
          const PartNumber = Parts.length + 1;
          const Body = body.subarray(offset, offset + partSize);
          const part = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
          Parts.push({ PartNumber, ETag: part.ETag });
        }
        await client.send(
          new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }),
        );
      } catch (error) {
        await client.send(new AbortMultipartUploadCommand(upload));
        throw error;
      }
      // Ceph's first answer to a completed upload has an empty ETag.
      return stored(key);
    },

    async copy(from, to) {
      const CopySource = `${name}/${encodeURIComponent(from)}`;
      await client.send(new CopyObjectCommand({ Bucket, Key: to, CopySource }));
      return stored(to);
    },

    head: (key, options = {}) =>
      client.send(new HeadObjectCommand({ Bucket, Key: key, VersionId: options.versionId })),

    async remove(key, options = {}) {
      await client.send(
        new DeleteObjectCommand({ Bucket, Key: key, VersionId: options.versionId }),
      );
    },

    async list(prefix = '') {
      const found = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket, Prefix: prefix, ContinuationToken }),
        );
        for (const { Key, ETag, Size } of page.Contents ?? []) {
          found.push({ key: Key ?? '', etag: ETag ?? '', size: Size ?? 0 });
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      return found;
    },

    async enableVersioning() {
      await client.send(
        new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
      );
    },

    allowAnyone: (...actions) =>
      setPolicy({
        Effect: 'Allow',
        Principal: '*',
        Action: actions,
        Resource: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
      }),

    denyAnyone: (key, ...actions) =>
      setPolicy({
        Effect: 'Deny',
        Principal: '*',
        Action: actions,
        Resource: [`arn:aws:s3:::${name}/${key}`],
      }),
  };
}
