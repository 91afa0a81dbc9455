import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { UserError } from '../helper/errors.js';
import { crc32c, crc64nvme } from './crc.js';

/** The length of each digest in bytes. */
const BYTES = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha512: 64,
  crc32: 4,
  crc32c: 4,
  crc64nvme: 8,
} as const;

export type Algorithm = keyof typeof BYTES;

export interface Digest {
  update(chunk: Uint8Array): void;
  hex(): string;
}

export interface Pin {
  algorithm: Algorithm;
  hex: string;
}

export function createDigest(algorithm: Algorithm): Digest {
  const { update, result } = running(algorithm);
  let hex: string | undefined;
  return {
    update,
    hex: () => {
      hex ??= result().toString('hex');
      return hex;
    },
  };
}

/** Reads the `checksum` of a resource: `sha256:` and the digest in hex. */
export function parsePin(text: string): Pin {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0)).toLowerCase();
  if (!isAlgorithm(algorithm)) {
    const known = Object.keys(BYTES).join(', ');
    throw badPin(text, `write ALGORITHM:DIGEST, where the algorithm is one of ${known}`);
  }
  const digest = text.slice(colon + 1);
  const bytes = BYTES[algorithm];
  if (/^[0-9a-f]+$/i.test(digest) && digest.length === bytes * 2) {
    return { algorithm, hex: digest.toLowerCase() };
  }
  throw badPin(text, `the digest of ${algorithm} is ${bytes * 2} hex digits`);
}

function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(BYTES, name);
}

function badPin(text: string, why: string): UserError {
  return new UserError('bad_checksum', `cannot read the checksum ${JSON.stringify(text)}: ${why}`);
}

interface Running {
  update(chunk: Uint8Array): void;
  result(): Buffer;
}

function running(algorithm: Algorithm): Running {
  switch (algorithm) {
    case 'crc32':
      return crc<number>((chunk, value) => crc32(chunk, value), 0, number32);
    case 'crc32c':
      return crc<number>(crc32c, 0, number32);
    case 'crc64nvme':
      return crc(crc64nvme, { high: 0, low: 0 }, ({ high, low }) =>
        Buffer.concat([number32(high), number32(low)]),
      );
    default: {
      const hash = createHash(algorithm);
      return { update: (chunk) => void hash.update(chunk), result: () => hash.digest() };
    }
  }
}

function crc<Value>(
  next: (chunk: Uint8Array, value: Value) => Value,
  start: Value,
  bytesOf: (value: Value) => Buffer,
): Running {
  let value = start;
  return {
    update: (chunk) => {
      value = next(chunk, value);
    },
    result: () => bytesOf(value),
  };
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
