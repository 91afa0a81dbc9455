import { spawn } from 'node:child_process';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { codeOf, UserError } from '../../helper/errors.js';
import { printable } from '../../helper/printable.js';

export type ArchiveKind = 'zip' | 'tar' | 'gzip' | Tool;
type Tool = 'bzip2' | 'xz' | 'zstd';

const DEBIAN_PACKAGE: Record<Tool, string> = { bzip2: 'bzip2', xz: 'xz-utils', zstd: 'zstd' };

const MAGIC: [ArchiveKind, number, string][] = [
  ['zip', 0, 'PK\x03\x04'],
  // A zip without entries is only its end.
  ['zip', 0, 'PK\x05\x06'],
  ['gzip', 0, '\x1f\x8b'],
  ['bzip2', 0, 'BZh'],
  ['xz', 0, '\xfd7zXZ\0'],
  ['zstd', 0, '\x28\xb5\x2f\xfd'],
  ['tar', 257, 'ustar'],
  // A tar without entries is only its end.
  ['tar', 0, '\0'.repeat(512)],
];

/** What an archive is, by its content: names lie. */
export function kindOf(file: string): ArchiveKind | undefined {
  const buffer = Buffer.alloc(512);
  const fd = openSync(file, 'r');
  let head: string;
  try {
    head = buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0));
  } finally {
    closeSync(fd);
  }
  return MAGIC.find(([, at, magic]) => head.startsWith(magic, at))?.[0];
}

/** The bytes of a tar archive; destroying the stream ends what feeds it. */
export function openTar(file: string, kind: Exclude<ArchiveKind, 'zip'>): Readable {
  if (kind === 'tar') return createReadStream(file);
  if (kind === 'gzip') return pipeline(createReadStream(file), createGunzip(), () => {});
  return through(kind, file);
}

// Node has none of the three, and each is a large library; the system's tools are kept up by others.
function through(tool: Tool, file: string): Readable {
  const output = new PassThrough();
  const input = openSync(file, 'r');
  const child = spawn(tool, ['-dc'], {
    stdio: [input, 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  });
  closeSync(input);
  let complaint = '';
  child.stderr?.on('data', (text: Buffer) => {
    complaint = (complaint + text.toString()).slice(0, 1000);
  });
  // Its end is only ours once the tool says that all was well.
  child.stdout?.pipe(output, { end: false });
  child.on('error', (error) => {
    output.destroy(codeOf(error) === 'ENOENT' ? missing(tool, file) : error);
  });
  child.on('close', (code) => {
    if (code === 0) output.end();
    else
      output.destroy(new Error(`${tool}: ${printable(complaint.trim()) || `exit code ${code}`}`));
  });
  output.on('close', () => child.kill());
  return output;
}

function missing(tool: Tool, file: string): UserError {
  return new UserError(
    'tool_missing',
    `${printable(file)} is compressed by ${tool}, which is not installed: ` +
      `install the package ${DEBIAN_PACKAGE[tool]} (its name on Debian), or publish a tar.gz or zip`,
  );
}
