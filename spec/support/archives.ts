import { crc32, deflateRawSync } from 'node:zlib';

/** What a test puts into an archive, however hostile. */
export interface Item {
  name: string;
  content?: string | Buffer;
  mode?: number;
  /** As in a tar: 0 file, 1 hard link, 2 symlink, 3 and 4 devices, 5 directory, 6 pipe. */
  type?: string;
  target?: string;
}

const BLOCK = 512;

/** The bytes of a tar archive in the ustar format, with GNU's entries for names that are too long. */
export function tarOf(items: Item[], { end = true } = {}): Buffer {
  const blocks = items.flatMap((item) => {
    const type = item.type ?? (item.name.endsWith('/') ? '5' : '0');
    const content = Buffer.from(type === '0' ? (item.content ?? '') : '');
    const long = (value: string, kind: string): Buffer[] =>
      Buffer.byteLength(value) > 100
        ? [header('././@LongLink', kind, Buffer.byteLength(value), 0o644, ''), padded(value)]
        : [];
    const target = type === '1' || type === '2' ? (item.target ?? '') : '';
    return [
      ...long(target, 'K'),
      ...long(item.name, 'L'),
      header(item.name, type, content.length, item.mode ?? (type === '5' ? 0o755 : 0o644), target),
      padded(content),
    ];
  });
  return Buffer.concat([...blocks, Buffer.alloc(end ? 2 * BLOCK : 0)]);
}

function header(name: string, type: string, size: number, mode: number, target: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).subarray(0, 100).copy(block);
  block.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
  block.write('0001750\0', 108);
  block.write('0001750\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('00000000000\0', 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  Buffer.from(target).subarray(0, 100).copy(block, 157);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

function padded(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
}

export interface ZipItem extends Item {
  /** Lies about the content. */
  declaredSize?: number;
  crc?: number;
  flags?: number;
  method?: number;
  /** The system that made it: 3 is Unix, 0 is DOS and has no permissions. */
  madeBy?: number;
}

const UTF8 = 0x800;
const TYPE_BITS: Record<string, number> = {
  0: 0o100000,
  2: 0o120000,
  3: 0o020000,
  5: 0o040000,
  6: 0o010000,
};

/** The bytes of a zip archive. */
export function zipOf(items: ZipItem[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const item of items) {
    const name = Buffer.from(item.name);
    const type = item.type ?? (item.name.endsWith('/') ? '5' : '0');
    const content = Buffer.from(type === '2' ? (item.target ?? '') : (item.content ?? ''));
    const method = item.method ?? 8;
    const data = method === 8 ? deflateRawSync(content) : content;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(UTF8 | (item.flags ?? 0), 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(item.crc ?? crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(item.declaredSize ?? content.length, 18);
    common.writeUInt16LE(name.length, 22);
    local.push(signed(0x04034b50, common), name, data);
    const more = Buffer.alloc(14);
    const mode = (TYPE_BITS[type] ?? 0) | (item.mode ?? (type === '5' ? 0o755 : 0o644));
    const unix = (item.madeBy ?? 3) === 3;
    more.writeUInt32LE(unix ? mode * 0x10000 : 0, 6);
    more.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, item.madeBy ?? 3]);
    central.push(signed(0x02014b50, Buffer.concat([madeBy, common, more])), name);
    offset += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(items.length, 4);
  end.writeUInt16LE(items.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, signed(0x06054b50, end)]);
}

function signed(signature: number, rest: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature);
  return Buffer.concat([bytes, rest]);
}
