import { crc32 } from 'node:zlib';

const local = 0x04034b50;
const central = 0x02014b50;
const end = 0x06054b50;
/** The version that is needed to unpack what is only stored, and 1980-01-01, as MS-DOS has it. */
const version = 20;
const date = 0x21;

/** A ZIP with one file, as it is (PKWARE APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16). */
export function storedZip(name: string, content: Buffer): Buffer {
  const title = Buffer.from(name);
  const about = Buffer.alloc(26);
  about.writeUInt16LE(version, 0);
  about.writeUInt16LE(date, 8);
  about.writeUInt32LE(crc32(content), 10);
  about.writeUInt32LE(content.length, 14);
  about.writeUInt32LE(content.length, 18);
  about.writeUInt16LE(title.length, 22);
  const before = Buffer.concat([uint32(local), about, title]);
  const entry = Buffer.concat([uint32(central), Buffer.of(version, 0), about, Buffer.alloc(14), title]);
  const last = Buffer.alloc(18);
  last.writeUInt16LE(1, 4);
  last.writeUInt16LE(1, 6);
  last.writeUInt32LE(entry.length, 8);
  last.writeUInt32LE(before.length + content.length, 12);
  return Buffer.concat([before, content, entry, uint32(end), last]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The smallest box: its size and its name. */
const boxHead = 8;

/** An MP4 of exactly so many bytes, by a box that players skip (ISO/IEC 14496-12, section 8.1.2). Errors: it has more already. */
export function padMp4(mp4: Buffer, bytes: number): Buffer {
  const missing = bytes - mp4.length;
  if (missing === 0) return mp4;
  if (missing < boxHead) throw new Error(`a video of ${mp4.length} bytes cannot have ${bytes}`);
  // Not zeros, which a file system or a network might have an easier time with.
  const free = Buffer.alloc(missing, 'Parley');
  free.writeUInt32BE(missing);
  free.write('free', 4, 'latin1');
  return Buffer.concat([mp4, free]);
}
