/** Images with every kind of metadata in them, around pictures that sharp made. `secret` stands in all of it. */
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

export const secret = 'SECRET-48.8584N-2.2945E';

/** A TIFF block that says which side is up, and where the picture was taken. */
export function exif(orientation: number, order: 'II' | 'MM' = 'II'): Buffer {
  const out = Buffer.alloc(64);
  out.write(order);
  const short = (value: number, at: number) =>
    order === 'II' ? out.writeUInt16LE(value, at) : out.writeUInt16BE(value, at);
  const long = (value: number, at: number) =>
    order === 'II' ? out.writeUInt32LE(value, at) : out.writeUInt32BE(value, at);
  short(42, 2);
  long(8, 4);
  short(2, 8);
  // ImageDescription, then Orientation.
  short(0x010e, 10);
  short(2, 12);
  long(secret.length, 14);
  long(38, 18);
  short(0x0112, 22);
  short(3, 24);
  long(1, 26);
  short(orientation, 30);
  out.write(secret, 38);
  return out;
}

export function jpegSegment(marker: number, data: Buffer | string): Buffer {
  const content = Buffer.from(data as string, 'latin1');
  return Buffer.concat([
    Buffer.of(0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 0xff),
    content,
  ]);
}

/** Behind its first two bytes, and behind its end. */
export function jpegWith(jpeg: Buffer, segments: readonly Buffer[], after: Buffer | string = ''): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2), Buffer.from(after as string)]);
}

export const jpegExif = (orientation: number, order?: 'II' | 'MM') =>
  jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif(orientation, order)]));

export const jpegMetadata = [
  jpegExif(6),
  jpegSegment(0xe1, `http://ns.adobe.com/xap/1.0/\0<x>${secret}</x>`),
  jpegSegment(0xe2, `MPF\0${secret}`),
  jpegSegment(0xed, `Photoshop 3.0\x008BIM${secret}`),
  jpegSegment(0xe0, `JFXX\0\x13${secret}`),
  jpegSegment(0xe5, secret.repeat(2000)),
  jpegSegment(0xfe, secret),
  // Fill bytes, which may stand before any marker.
  Buffer.of(0xff, 0xff, 0xff),
];

export function pngChunk(type: string, data: Buffer | string): Buffer {
  const content = Buffer.from(data as string, 'latin1');
  const named = Buffer.concat([Buffer.from(type), content]);
  const out = Buffer.alloc(8 + named.length);
  out.writeUInt32BE(content.length);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), out.length - 4);
  return out;
}

/** Behind the first chunk. */
export function pngWith(png: Buffer, chunks: readonly Buffer[], after: Buffer | string = ''): Buffer {
  return Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33), Buffer.from(after as string)]);
}

export const pngMetadata = [
  pngChunk('eXIf', exif(3, 'MM')),
  pngChunk('tEXt', `Comment\0${secret}`),
  pngChunk('zTXt', `Comment\0\0${secret}`),
  pngChunk('iTXt', `XML:com.adobe.xmp\0\0\0\0\0${secret}`),
  pngChunk('tIME', Buffer.of(7, 230, 1, 1, 1, 1, 1)),
  pngChunk('prVt', secret),
  pngChunk('gAMA', secret),
];

export function webpChunk(type: string, data: Buffer | string): Buffer {
  const content = Buffer.from(data as string, 'latin1');
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

export function webp(...chunks: Buffer[]): Buffer {
  const content = Buffer.concat(chunks);
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(content.length + 4, 4);
  return Buffer.concat([head, content]);
}

/** `simple` is one that has nothing but a picture, of 32 by 32. */
export function webpWithMetadata(simple: Buffer): Buffer {
  const header = Buffer.from([0x2c, 0, 0, 0, 31, 0, 0, 31, 0, 0]);
  return webp(
    webpChunk('VP8X', header),
    webpChunk('EXIF', exif(8)),
    simple.subarray(12),
    webpChunk('XMP ', `${secret}!`),
    webpChunk('prVt', secret.repeat(9000)),
  );
}

function blocks(data: string): Buffer {
  const parts = data.match(/.{1,200}/gs) ?? [];
  return Buffer.concat([
    ...parts.map((part) => Buffer.from(`${String.fromCharCode(part.length)}${part}`, 'latin1')),
    Buffer.of(0),
  ]);
}

export function gifExtension(label: number, first: string, data: string): Buffer {
  return Buffer.concat([Buffer.of(0x21, label), blocks(first).subarray(0, -1), blocks(data)]);
}

/** Before its first block. */
export function gifWith(gif: Buffer, extensions: readonly Buffer[], after: Buffer | string = ''): Buffer {
  const flags = gif[10] ?? 0;
  const at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  return Buffer.concat([gif.subarray(0, at), ...extensions, gif.subarray(at), Buffer.from(after as string)]);
}

export const gifMetadata = [
  gifExtension(0xfe, '', secret.repeat(30)),
  gifExtension(0xff, 'XMP DataXMP', secret),
  gifExtension(0xff, 'ICCRGBG1012', secret),
  // A text, and how it is shown.
  Buffer.concat([Buffer.of(0x21, 0xf9, 4, 1, 99, 0, 0, 0), gifExtension(0x01, '\0'.repeat(12), secret)]),
  gifExtension(0x77, '', secret),
];

/** Noise compresses badly, so that the coded data is long. */
export function noise(width: number, height = width, channels: 3 | 4 = 3): Sharp {
  const data = Buffer.alloc(width * height * channels);
  for (let at = 0, state = 1; at < data.length; at++) {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    data[at] = state >> 16;
  }
  return sharp(data, { raw: { width, height, channels } });
}

/** Frames of different colours, shown for 50, 120 and 300 ms, four times. */
export async function animation(): Promise<Sharp> {
  const frames = ['#a00', '#0a0', '#00a'].map((background) =>
    sharp({ create: { width: 32, height: 32, channels: 4, background } })
      .png()
      .toBuffer(),
  );
  return sharp(await Promise.all(frames), { join: { animated: true } });
}

export const timing = { delay: [50, 120, 300], loop: 4 };
