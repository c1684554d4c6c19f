/** Sound and video, byte by byte: their outside only, nothing that plays. */

const text = (value: string) => Buffer.from(value, 'latin1');

export function box(type: string, ...content: Buffer[]): Buffer {
  const data = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data]);
}

export interface Mp4Options {
  brand?: string;
  compatible?: string;
  handlers?: readonly string[];
  /** What stands between `ftyp` and the end. */
  order?: readonly ('moov' | 'mdat' | 'moof' | 'free')[];
}

export function mp4({
  brand = 'isom',
  compatible = 'isommp42',
  handlers = ['vide', 'soun'],
  order,
}: Mp4Options = {}): Buffer {
  const tracks = handlers.map((handler) =>
    box(
      'trak',
      box('tkhd', Buffer.alloc(84)),
      box('mdia', box('hdlr', Buffer.alloc(8), text(handler), Buffer.alloc(13))),
    ),
  );
  const boxes = {
    moov: box('moov', box('mvhd', Buffer.alloc(100)), ...tracks, box('udta', Buffer.alloc(4))),
    mdat: box('mdat', Buffer.alloc(3000, 5)),
    moof: box('moof', Buffer.alloc(16)),
    free: box('free'),
  };
  return Buffer.concat([
    box('ftyp', text(brand), Buffer.alloc(4), text(compatible)),
    ...(order ?? ['free', 'mdat', 'moov']).map((name) => boxes[name]),
  ]);
}

export function ebml(id: number, content: Buffer, size: number | 'unknown' = content.length): Buffer {
  const name = Buffer.from(id.toString(16), 'hex');
  const length = Buffer.alloc(8, 0xff);
  if (size !== 'unknown') length.writeBigUInt64BE(BigInt(size));
  length[0] = 1;
  return Buffer.concat([name, length, content]);
}

export function matroska(docType = 'matroska', { live = false } = {}): Buffer {
  const size = live ? 'unknown' : undefined;
  const cluster = ebml(0x1f43b675, ebml(0xa3, Buffer.alloc(2000, 3)), size);
  const segment = Buffer.concat([
    ebml(0x1549a966, Buffer.alloc(20)),
    ebml(0x1654ae6b, Buffer.alloc(30)),
    cluster,
  ]);
  return Buffer.concat([ebml(0x1a45dfa3, ebml(0x4282, text(docType))), ebml(0x18538067, segment, size)]);
}

/** The checksum of Ogg, bit by bit. */
function oggSum(page: Buffer): number {
  let sum = 0;
  for (const byte of page) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  }
  return sum >>> 0;
}

/** `flags`: 2 begins a stream, 4 ends it. `data` has less than 65 025 bytes. */
export function oggPage(data: Buffer, flags: number, sequence: number, stream = 7): Buffer {
  const lengths = Buffer.alloc(Math.floor(data.length / 255) + 1, 255);
  lengths[lengths.length - 1] = data.length % 255;
  const head = Buffer.alloc(27);
  head.write('OggS');
  head.writeUInt8(flags, 5);
  head.writeUInt32LE(stream, 14);
  head.writeUInt32LE(sequence, 18);
  head.writeUInt8(lengths.length, 26);
  const page = Buffer.concat([head, lengths, data]);
  page.writeUInt32LE(oggSum(page), 22);
  return page;
}

export function ogg(codecs: readonly string[], pages = 20): Buffer {
  const first = codecs.map((codec, n) => oggPage(Buffer.concat([text(codec), Buffer.alloc(20)]), 2, 0, n));
  const rest = Array.from({ length: pages }, (_, n) =>
    oggPage(Buffer.alloc(1000, n), n === pages - 1 ? 4 : 0, n + 1, 0),
  );
  return Buffer.concat([...first, ...rest]);
}

/** 128 kbit/s at 44.1 kHz: frames of 417 bytes. `total` is what a Xing header says of the whole, `right` its true length. */
export function mp3(frames = 40, total?: number | 'right'): Buffer {
  const out = Buffer.alloc(frames * 417, 0x55);
  for (let n = 0; n < frames; n++) out.writeUInt32BE(0xfffb9000, n * 417);
  if (total !== undefined) {
    out.write('Xing', 36);
    out.writeUInt32BE(2, 40);
    out.writeUInt32BE(total === 'right' ? out.length : total, 44);
  }
  return out;
}

/** AAC LC at 44.1 kHz in frames of 200 bytes. */
export function adts(frames = 40): Buffer {
  const out = Buffer.alloc(frames * 200, 0x21);
  for (let n = 0; n < frames; n++) Buffer.of(0xff, 0xf1, 0x50, 0x80, 0x19, 0x1f, 0xfc).copy(out, n * 200);
  return out;
}

export function id3(size: number): Buffer {
  const bytes = [21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f);
  return Buffer.concat([text('ID3\x04\x00\x00'), Buffer.from(bytes), Buffer.alloc(size)]);
}
