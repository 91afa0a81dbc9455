import { type Fault, textReply } from '../fault.js';

/** Headers are set to these values, or removed where the value is null. */
export function changedHeaders(changes: Record<string, string | null>): Fault {
  return async (_request, server) => {
    const reply = await server();
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) reply.headers.delete(name.toLowerCase());
      else reply.headers.set(name.toLowerCase(), value);
    }
    return reply;
  };
}

/** Checksums of whole objects by key, answered only to who asks for them, as S3 does. */
export function checksums(table: Record<string, Record<string, string>>): Fault {
  return async (request, server) => {
    const reply = await server();
    const stored = table[request.key];
    const asked = request.headers['x-amz-checksum-mode'] === 'ENABLED';
    if (stored && asked && reply.status === 200) {
      for (const [algorithm, value] of Object.entries(stored)) {
        reply.headers.set(`x-amz-checksum-${algorithm}`, value);
      }
      reply.headers.set('x-amz-checksum-type', 'FULL_OBJECT');
    }
    return reply;
  };
}

/** What S3 says of one part, where the server behind does not know part numbers. */
export function partHeads(table: Record<string, { size: number; partSize: number }>): Fault {
  return async (request, server) => {
    const object = table[request.key];
    const part = Number(request.query.get('partNumber'));
    const reply = await server();
    if (!object || !part || request.operation !== 'HEAD' || reply.status !== 200) return reply;
    const { size, partSize } = object;
    const count = Math.ceil(size / partSize);
    if (part > count) return textReply(416, '');
    const start = (part - 1) * partSize;
    const end = Math.min(start + partSize, size);
    reply.headers.set('content-length', String(end - start));
    reply.headers.set('content-range', `bytes ${start}-${end - 1}/${size}`);
    reply.headers.set('x-amz-mp-parts-count', String(count));
    return { ...reply, status: 206 };
  };
}
