import { readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Algorithm, createDigest } from './checksum.js';
import { explainDisk } from './explain-disk.js';
import { createMultipartDigest } from './multipart-etag.js';

/** An algorithm, or `etag:SIZE`: S3's ETag of an upload in parts of that many bytes. */
export type DigestName = Algorithm | `etag:${number}`;

export type Digests = Partial<Record<DigestName, string>>;

/** Several digests over one pass of the bytes. */
export interface Digester {
  update(chunk: Uint8Array): void;
  digests(): Digests;
}

export function createDigester(names: Iterable<DigestName>): Digester {
  const parts = [...new Set(names)].map((name) => ({ name, ...single(name) }));
  return {
    update: (chunk) => {
      for (const part of parts) part.update(chunk);
    },
    digests: () => Object.fromEntries(parts.map((part) => [part.name, part.result()])),
  };
}

function single(name: DigestName): { update(chunk: Uint8Array): void; result(): string } {
  if (name.startsWith('etag:')) {
    const digest = createMultipartDigest(Number(name.slice('etag:'.length)));
    return { update: (chunk) => digest.update(chunk), result: () => digest.etag() };
  }
  const digest = createDigest(name as Algorithm);
  return { update: (chunk) => digest.update(chunk), result: () => digest.hex() };
}

const CHUNK = 1024 * 1024;

/** Reads a file once; a small one at one go, which costs a tenth of the way through the thread pool. */
export async function digestFile(path: string, names: Iterable<DigestName>): Promise<Digests> {
  try {
    return await read(path, createDigester(names));
  } catch (error) {
    throw explainDisk(error, path);
  }
}

async function read(path: string, digester: Digester): Promise<Digests> {
  if (statSync(path).size <= CHUNK) {
    digester.update(readFileSync(path));
    return digester.digests();
  }
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, null);
      if (bytesRead === 0) return digester.digests();
      digester.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
