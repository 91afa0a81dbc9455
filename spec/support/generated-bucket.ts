import { createHash } from 'node:crypto';
import { type Fault, textReply } from './fault.js';
import { s3Error } from './faults/answer.js';

export interface GeneratedObject {
  key: string;
  body: string;
}

/** The nth object below `many/`: in the order of its keys, a thousand to a directory. */
export function generatedObject(n: number): GeneratedObject {
  const name = String(n).padStart(7, '0');
  return { key: `many/${name.slice(0, 4)}/${name}`, body: `object ${n}\n` };
}

/** So many objects that no server needs to hold: listings and bodies are made when asked for. */
export function generatedBucket(count: number): Fault {
  return (request, server) => {
    if (request.operation === 'LIST') return textReply(200, listing(count, request.query));
    const n = Number(request.key.split('/').at(-1));
    const object = n < count ? generatedObject(n) : undefined;
    if (object?.key !== request.key) return s3Error(404, 'NoSuchKey')(request, server);
    const reply = textReply(200, object.body, {
      etag: etagOf(object),
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
    });
    return request.operation === 'HEAD' ? { ...reply, body: textReply(200, '').body } : reply;
  };
}

function listing(count: number, query: URLSearchParams): string {
  const start = Number(query.get('continuation-token') ?? 0);
  const end = Math.min(count, start + Number(query.get('max-keys') ?? 1000));
  const urlEncoded = query.get('encoding-type') === 'url';
  const encode = urlEncoded ? encodeURIComponent : String;
  const entries = Array.from({ length: end - start }, (_, i) => {
    const object = generatedObject(start + i);
    return (
      `<Contents><Key>${encode(object.key)}</Key>` +
      '<LastModified>2026-01-02T03:04:05.000Z</LastModified>' +
      `<ETag>${etagOf(object).replaceAll('"', '&quot;')}</ETag>` +
      `<Size>${object.body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    );
  });
  const more = end < count;
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>generated</Name>' +
    (urlEncoded ? '<EncodingType>url</EncodingType>' : '') +
    `<Prefix>${query.get('prefix') ?? ''}</Prefix><KeyCount>${end - start}</KeyCount>` +
    `<MaxKeys>1000</MaxKeys><IsTruncated>${more}</IsTruncated>` +
    (more ? `<NextContinuationToken>${end}</NextContinuationToken>` : '') +
    `${entries.join('')}</ListBucketResult>`
  );
}

function etagOf({ body }: GeneratedObject): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
