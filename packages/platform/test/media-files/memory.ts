/** Run as a child, with `--expose-gc`: sends 90 MB through a look and prints how many MB more are held on the way than before, at most. */
import { Readable } from 'node:stream';
import { receiveFile } from '../../src/media/kinds/index.ts';
import { type StrippableMimeType, stripMetadata } from '../../src/media/strip/index.ts';
import { pdf } from './archives.ts';
import { jpegSegment, pngChunk, webpChunk } from './pictures.ts';

const what = process.argv[2] ?? '';
const piece = Buffer.alloc(60_000, 'parley ');
const length = (bytes: number) => Math.floor(bytes / piece.length);

function* body(bytes: number): Generator<Buffer> {
  const total = length(bytes) * piece.length;
  if (what === 'receive') yield pdf();
  if (what === 'jpeg') {
    yield Buffer.concat([
      Buffer.of(0xff, 0xd8),
      jpegSegment(0xc0, Buffer.alloc(9)),
      jpegSegment(0xda, Buffer.alloc(4)),
    ]);
  }
  if (what === 'png') {
    const head = pngChunk('IDAT', '').subarray(0, 8);
    head.writeUInt32BE(total);
    yield Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), pngChunk('IHDR', Buffer.alloc(13)), head]);
  }
  if (what === 'webp') {
    // All of it metadata, which becomes zeros.
    const head = Buffer.from(webpChunk('EXIF', '').subarray(0, 8));
    head.writeUInt32LE(total, 4);
    const riff = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
    const picture = webpChunk('VP8 ', 'ab');
    riff.writeUInt32LE(total + 8 + picture.length + 4, 4);
    yield Buffer.concat([riff, picture, head]);
  }
  if (what === 'gif')
    yield Buffer.concat([
      Buffer.from('GIF89a'),
      Buffer.alloc(7),
      Buffer.from([0x2c, ...Array(9).fill(0), 2]),
    ]);
  for (let n = 0; n < length(bytes); n++) yield what === 'gif' ? gifBlocks : piece;
  if (what === 'jpeg') yield Buffer.of(0xff, 0xd9);
  if (what === 'png') yield Buffer.concat([Buffer.alloc(4), pngChunk('IEND', '')]);
  if (what === 'gif') yield Buffer.of(0, 0x3b);
}
const gifBlocks = Buffer.concat(Array.from({ length: 300 }, () => Buffer.alloc(200, 199)));

const step = 8 * 2 ** 20;
let peak = 0;

/** Bytes that are in use, not those that wait to be collected. */
function held(): number {
  globalThis.gc?.();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

async function run(bytes: number): Promise<number> {
  const source = Readable.from(body(bytes), { objectMode: false });
  const looks = what === 'receive' || what === 'text';
  const out = looks
    ? (await receiveFile(source, { type: null, filename: null })).body
    : source.pipe(stripMetadata(`image/${what}` as StrippableMimeType));
  let size = 0;
  for await (const chunk of out) {
    size += chunk.length;
    if (Math.floor(size / step) > Math.floor((size - chunk.length) / step)) peak = Math.max(peak, held());
  }
  return size;
}

// First a smaller one, so that what is loaded once is not counted.
await run(30 * 2 ** 20);
const before = held();
peak = before;
const size = await run(90 * 2 ** 20);
process.stdout.write(JSON.stringify({ size, grownMb: (peak - before) / 2 ** 20 }));
