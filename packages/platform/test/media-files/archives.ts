/** ZIP archives and office files, byte by byte: stored entries only. */
import { crc32 } from 'node:zlib';

export interface ZipEntry {
  name: string;
  data?: Buffer | string;
  encrypted?: boolean;
}

export interface ZipOptions {
  comment?: string;
  /** Tells the end record another number of entries. */
  count?: number;
  /** With the records that archives of more than 4 GB, or 65 535 entries, need. */
  large?: boolean;
  /** Something that stands before it, which its places count with. */
  before?: string;
}

export function zip(entries: readonly ZipEntry[], options: ZipOptions = {}): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  const before = Buffer.from(options.before ?? '');
  let at = before.length;
  for (const { name, data = '', encrypted = false } of entries) {
    const content = Buffer.from(data);
    const stored = encrypted ? Buffer.concat([Buffer.alloc(12, 0xe5), content]) : content;
    const title = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800 | (encrypted ? 1 : 0), 2);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(stored.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(title.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, place, title);
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), common, title, stored);
    at += 30 + title.length + stored.length;
  }
  const list = Buffer.concat(directory);
  const count = options.count ?? entries.length;
  const large = options.large ? largeRecords(count, list.length, at) : Buffer.alloc(0);
  return Buffer.concat([before, ...locals, list, large, endRecord(options, count, list.length, at)]);
}

function endRecord({ comment = '', large }: ZipOptions, count: number, length: number, at: number): Buffer {
  const record = Buffer.alloc(22);
  record.write('PK\x05\x06', 'latin1');
  record.writeUInt16LE(large ? 0xffff : count, 8);
  record.writeUInt16LE(large ? 0xffff : count, 10);
  record.writeUInt32LE(large ? 0xffffffff : length, 12);
  record.writeUInt32LE(large ? 0xffffffff : at, 16);
  record.writeUInt16LE(comment.length, 20);
  return Buffer.concat([record, Buffer.from(comment)]);
}

function largeRecords(count: number, length: number, at: number): Buffer {
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(at + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}

const main = {
  docx: ['word/document.xml', 'wordprocessingml.document'],
  xlsx: ['xl/workbook.xml', 'spreadsheetml.sheet'],
  pptx: ['ppt/presentation.xml', 'presentationml.presentation'],
} as const;

/** With `padding` bytes before all that tells what it is. */
export function officeEntries(kind: keyof typeof main, padding = 0): ZipEntry[] {
  const [part, type] = main[kind];
  const types = `<?xml version="1.0"?><Types><Override PartName="/${part}" ContentType="application/vnd.openxmlformats-officedocument.${type}.main+xml"/></Types>`;
  const image = padding > 0 ? [{ name: 'docProps/thumbnail.jpeg', data: Buffer.alloc(padding, 7) }] : [];
  return [...image, { name: '[Content_Types].xml', data: types }, { name: part, data: '<document/>' }];
}

const sector = 512;
const endOfChain = 0xfffffffe;

/** A compound file: its streams at the top, and `embedded` ones in a folder. `before` bytes of content stand before the directory. */
export function compoundFile(
  streams: readonly string[],
  embedded: readonly string[] = [],
  before = 0,
): Buffer {
  const content = Math.ceil(Math.max(before, 1) / sector);
  const names = ['Root Entry', ...streams, ...(embedded.length > 0 ? ['ObjectPool', ...embedded] : [])];
  const directory = Math.ceil(names.length / 4);
  let tables = 1;
  while (content + directory + tables + 1 > tables * 128) tables++;
  // The header lists 109 sectors of the table, a sector behind it the others.
  const lists = tables > 109 ? 1 : 0;
  const out = Buffer.alloc((1 + content + directory + tables + lists) * sector);
  Buffer.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1).copy(out);
  for (const [at, value] of [
    [24, 0x3e],
    [26, 3],
    [28, 0xfffe],
    [30, 9],
    [32, 6],
  ] as const)
    out.writeUInt16LE(value, at);
  out.writeUInt32LE(tables, 44);
  out.writeUInt32LE(content, 48);
  out.writeUInt32LE(4096, 56);
  out.writeUInt32LE(endOfChain, 60);
  out.writeUInt32LE(lists > 0 ? content + directory + tables : endOfChain, 68);
  out.writeUInt32LE(lists, 72);
  for (let n = 0; n < 109; n++)
    out.writeUInt32LE(n < tables ? content + directory + n : 0xffffffff, 76 + n * 4);
  const table = (1 + content + directory) * sector;
  out.fill(0xff, table);
  for (let n = 0; n < content + directory; n++) {
    out.writeUInt32LE(n === content - 1 || n === content + directory - 1 ? endOfChain : n + 1, table + n * 4);
  }
  for (let n = 109; n < tables; n++) {
    out.writeUInt32LE(content + directory + n, (1 + content + directory + tables) * sector + (n - 109) * 4);
  }
  if (lists > 0) out.writeUInt32LE(0xfffffffc, table + (content + directory + tables) * 4);
  for (let n = 0; n < tables; n++) out.writeUInt32LE(0xfffffffd, table + (content + directory + n) * 4);
  const folder = streams.length + 1;
  for (const [n, name] of names.entries()) {
    const at = (1 + content) * sector + n * 128;
    out.write(name, at, 'utf16le');
    out.writeUInt16LE(name.length * 2 + 2, at + 64);
    out.writeUInt8(n === 0 ? 5 : n === folder ? 1 : 2, at + 66);
    out.fill(0xff, at + 68, at + 80);
    // Brothers in a row, each to the right of the one before.
    const last = n < folder ? folder - (embedded.length > 0 ? 0 : 1) : names.length - 1;
    if (n > 0 && n !== folder && n < last) out.writeUInt32LE(n + 1, at + 72);
    if (n === 0) out.writeUInt32LE(1, at + 76);
    if (n === folder) out.writeUInt32LE(folder + 1, at + 76);
  }
  return out;
}

export function pdf(body = 'x'.repeat(2000)): Buffer {
  return Buffer.from(
    `%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n(${body})\nendobj\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n`,
    'latin1',
  );
}
