/** Whatever comes in, there is an answer or an AppError: no other error, no hanging, no memory that grows with the file. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Kind, kinds } from '../src/media/kinds/kind.ts';
import { type StrippableMimeType, stripMetadata } from '../src/media/strip/index.ts';
import { compoundFile, officeEntries, pdf, zip } from './media-files/archives.ts';
import { collect, cut, outcome } from './media-files/bytes.ts';
import { upload, verify } from './media-files/check.ts';
import { adts, id3, matroska, mp3, mp4, ogg } from './media-files/footage.ts';
import {
  animation,
  gifMetadata,
  gifWith,
  jpegMetadata,
  jpegWith,
  noise,
  pngMetadata,
  pngWith,
  timing,
  webpWithMetadata,
} from './media-files/pictures.ts';

const files: [Kind, Buffer, string?][] = [
  ['jpeg', jpegWith(await noise(16).jpeg().toBuffer(), jpegMetadata.slice(0, 5))],
  ['png', pngWith(await noise(16).png().toBuffer(), pngMetadata)],
  ['webp', webpWithMetadata(await noise(32).webp().toBuffer())],
  ['webp', await (await animation()).webp(timing).toBuffer()],
  ['gif', gifWith(await (await animation()).gif(timing).toBuffer(), gifMetadata)],
  ['mp4', mp4({ order: ['moov', 'moof', 'mdat'] })],
  ['mkv', matroska()],
  ['ogg', ogg(['\x01vorbis'], 3)],
  ['mp3', Buffer.concat([id3(50), mp3(8, 'right')])],
  ['aac', adts(12)],
  ['pdf', pdf()],
  ['doc', compoundFile(['WordDocument'], ['Workbook', 'x'], 3000), 'a.doc'],
  ['docx', zip(officeEntries('docx'))],
  ['zip', zip([{ name: 'a', data: 'b' }, { name: 'c' }], { large: true, comment: 'd' }), 'a.zip'],
  ['txt', Buffer.from('text 👋\n'.repeat(200))],
];

/** Bytes that formats count with. */
const telling = fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xfe, 0xff);
const change = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  /** Beginnings are where structure is. */
  near: fc.boolean(),
  bytes: fc.array(fc.oneof(telling, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 }),
  way: fc.constantFrom('over', 'insert', 'cut', 'repeat'),
});

function changed(
  bytes: Buffer,
  changes: readonly { place: number; near: boolean; bytes: number[]; way: string }[],
): Buffer {
  let out = Buffer.from(bytes);
  for (const { place, near, bytes: written, way } of changes) {
    const at = Math.floor(place * (near ? Math.min(out.length, 200) : out.length));
    const piece = Buffer.from(written);
    if (way === 'over') piece.copy(out, at);
    else if (way === 'insert') out = Buffer.concat([out.subarray(0, at), piece, out.subarray(at)]);
    else if (way === 'cut') out = Buffer.concat([out.subarray(0, at), out.subarray(at + piece.length)]);
    else out = Buffer.concat([out.subarray(0, at), out.subarray(at), out.subarray(at)]);
  }
  return out;
}

const isImage = (mimeType: string): mimeType is StrippableMimeType => mimeType.startsWith('image/');
const answers = /^(?:done|(?:image|video|audio|document) \S+.*|MEDIA_INVALID_TYPE: .+)$/;

async function everyLook(bytes: Buffer, kind: Kind, filename: string | null): Promise<void> {
  const { mimeType, type } = kinds[kind];
  expect(await upload(bytes, { filename })).toMatch(answers);
  expect(await outcome(verify(bytes, mimeType, { type }))).toMatch(answers);
  if (isImage(mimeType))
    expect(await outcome(collect(cut(bytes).pipe(stripMetadata(mimeType))))).toMatch(answers);
}

describe('mutations', () => {
  test.each(files)('of %s', async (kind, bytes, filename) => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        await everyLook(changed(bytes, changes), kind, filename ?? null);
      }),
      { numRuns: 120 },
    );
  });
});

test.each(Object.keys(kinds) as Kind[])('random bytes taken for %s', async (kind) => {
  const beginning = files.find(([known]) => known === kind)?.[1].subarray(0, 64) ?? Buffer.alloc(0);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 64 }),
      fc.uint8Array({ maxLength: 3000 }),
      async (length, rest) => {
        await everyLook(Buffer.concat([beginning.subarray(0, length), rest]), kind, null);
      },
    ),
    { numRuns: 60 },
  );
});

test.each(['receive', 'jpeg', 'png', 'webp', 'gif', 'text'])(
  'memory stays flat while %s sees 90 MB',
  async (what) => {
    const script = join(import.meta.dirname, 'media-files/memory.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, what]);
    const { size, grownMb } = JSON.parse(stdout);
    expect(size).toBeGreaterThan(88 * 2 ** 20);
    expect(grownMb).toBeLessThan(30);
  },
);
