import { chunks, type Fault, wholeBody } from '../fault.js';
import type { S3Request } from '../s3-request.js';

/** The XML of a listing is changed; a test may cut it or make nonsense of it. */
export function changedListing(change: (xml: string, request: S3Request) => string): Fault {
  return async (request, server) => {
    const reply = await server();
    if (request.operation !== 'LIST' || reply.status !== 200) return reply;
    const body = Buffer.from(change((await wholeBody(reply)).toString(), request));
    reply.headers.set('content-length', String(body.length));
    return { ...reply, body: chunks(body) };
  };
}

export const truncatedListing = changedListing((xml) => xml.slice(0, xml.length / 2));

export const listedEtag = (key: string, etag: string): Fault =>
  changedListing((xml, request) =>
    xml.replace(/<Contents>.*?<\/Contents>/gs, (entry) =>
      entry.includes(keyElement(key, request)) ? withEtag(entry, () => etag) : entry,
    ),
  );

/** A key appears in the listing under another name; the object keeps its own. */
export const listedAs = (key: string, name: string): Fault =>
  changedListing((xml, request) =>
    xml.replace(keyElement(key, request), keyElement(name, request)),
  );

/** A key that no object has, in front of all others. */
export const extraKey = (key: string, object: { size: number; etag: string }): Fault =>
  changedListing((xml, request) =>
    xml.replace(
      '<Contents>',
      `<Contents>${keyElement(key, request)}<LastModified>2026-01-02T03:04:05.000Z</LastModified>` +
        `<ETag>${escaped(object.etag)}</ETag><Size>${object.size}</Size>` +
        '<StorageClass>STANDARD</StorageClass></Contents><Contents>',
    ),
  );

export function withEtag(entry: string, change: (etag: string) => string): string {
  return entry.replace(
    /<ETag>(.*?)<\/ETag>/g,
    (_, etag: string) => `<ETag>${escaped(change(etag.replaceAll('&quot;', '"')))}</ETag>`,
  );
}

function keyElement(key: string, request: S3Request): string {
  const urlEncoded = request.query.get('encoding-type') === 'url';
  const text = urlEncoded ? encodeURIComponent(key) : escaped(key);
  return `<Key>${text}</Key>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
