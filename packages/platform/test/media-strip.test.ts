import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { type StrippableMimeType, stripMetadata } from '../src/media/strip/index.ts';
import { zip } from './media-files/archives.ts';
import { collect, cut, outcome } from './media-files/bytes.ts';
import {
  animation,
  exif,
  gifExtension,
  gifMetadata,
  gifWith,
  jpegExif,
  jpegMetadata,
  jpegSegment,
  jpegWith,
  noise,
  pngChunk,
  pngMetadata,
  pngWith,
  secret,
  timing,
  webp,
  webpChunk,
  webpWithMetadata,
} from './media-files/pictures.ts';

async function strip(bytes: Buffer, mimeType: StrippableMimeType, sizes?: readonly number[]) {
  const stripper = stripMetadata(mimeType);
  const source = cut(bytes, sizes);
  source.pipe(stripper);
  const out = await collect(stripper);
  return { out, orientation: stripper.orientation };
}

const pixels = (bytes: Buffer) => sharp(bytes, { pages: -1 }).raw().toBuffer();
const archive = zip([{ name: 'hidden.txt', data: secret }]);

const plain = {
  jpeg: await noise(300).jpeg().toBuffer(),
  progressive: await noise(300).jpeg({ progressive: true }).toBuffer(),
  profile: await noise(64).withIccProfile('p3').jpeg().toBuffer(),
  cmyk: await noise(64).toColourspace('cmyk').jpeg().toBuffer(),
  png: await noise(64).png().toBuffer(),
  pngProfile: await noise(64, 64, 4).withIccProfile('p3').png().toBuffer(),
  palette: await noise(64).png({ palette: true }).toBuffer(),
  lossy: await noise(32).webp().toBuffer(),
  lossless: await noise(32).webp({ lossless: true }).toBuffer(),
  webpAlpha: await noise(32, 32, 4).withIccProfile('p3').webp().toBuffer(),
  gif: await noise(64).gif().toBuffer(),
};
const moving = {
  gif: await (await animation()).gif(timing).toBuffer(),
  webp: await (await animation()).webp(timing).toBuffer(),
};

/** 2 by 2, in two frames: what makes an APNG is the chunks around an ordinary PNG. */
function apng(png: Buffer): Buffer {
  const control = Buffer.alloc(26);
  control.writeUInt32BE(64, 4);
  control.writeUInt32BE(64, 8);
  const frames = pngChunk('fdAT', Buffer.concat([Buffer.of(0, 0, 0, 2), Buffer.alloc(70_000, 9)]));
  const end = png.length - 12;
  return Buffer.concat([
    pngWith(png.subarray(0, end), [
      pngChunk('acTL', Buffer.of(0, 0, 0, 2, 0, 0, 0, 0)),
      pngChunk('fcTL', control),
    ]),
    pngChunk('fcTL', control),
    frames,
    png.subarray(end),
  ]);
}

const full: [string, StrippableMimeType, Buffer, Buffer, number][] = [
  ['JPEG', 'image/jpeg', plain.jpeg, jpegWith(plain.jpeg, jpegMetadata, archive), 6],
  [
    'progressive JPEG',
    'image/jpeg',
    plain.progressive,
    jpegWith(plain.progressive, jpegMetadata, plain.jpeg),
    6,
  ],
  ['JPEG with a profile', 'image/jpeg', plain.profile, jpegWith(plain.profile, jpegMetadata), 6],
  ['CMYK JPEG', 'image/jpeg', plain.cmyk, jpegWith(plain.cmyk, jpegMetadata), 6],
  ['PNG', 'image/png', plain.png, pngWith(plain.png, pngMetadata, archive), 3],
  ['PNG with a profile', 'image/png', plain.pngProfile, pngWith(plain.pngProfile, pngMetadata), 3],
  ['PNG with a palette', 'image/png', plain.palette, pngWith(plain.palette, pngMetadata), 3],
  ['lossy WebP', 'image/webp', plain.lossy, webpWithMetadata(plain.lossy), 8],
  ['lossless WebP', 'image/webp', plain.lossless, webpWithMetadata(plain.lossless), 8],
  ['GIF', 'image/gif', plain.gif, gifWith(plain.gif, gifMetadata, `<script>${secret}</script>`), 1],
  ['animated GIF', 'image/gif', moving.gif, gifWith(moving.gif, gifMetadata), 1],
];

describe('metadata goes and the picture stays', () => {
  test.each(full)('%s', async (_, mimeType, clean, dirty, orientation) => {
    expect(dirty.includes(secret)).toBe(true);
    const found = await strip(dirty, mimeType);
    expect(found.out.includes(secret)).toBe(false);
    expect(found.out.includes('PK\x05\x06')).toBe(false);
    expect(found.orientation).toBe(orientation);
    expect((await pixels(found.out)).equals(await pixels(clean))).toBe(true);
    const { exif, xmp, iptc, comments, orientation: told, icc } = await sharp(found.out).metadata();
    expect([exif, xmp, iptc, comments, told]).toEqual(Array(5).fill(undefined));
    expect(icc).toEqual((await sharp(clean).metadata()).icc);
    // A second time changes nothing, and there is nothing left to tell.
    expect(await strip(found.out, mimeType)).toEqual({ out: found.out, orientation: 1 });
  });

  test.each<[string, StrippableMimeType, Buffer]>([
    ['JPEG', 'image/jpeg', plain.jpeg],
    ['progressive JPEG', 'image/jpeg', plain.progressive],
    ['JPEG with a profile', 'image/jpeg', plain.profile],
    ['CMYK JPEG', 'image/jpeg', plain.cmyk],
    ['PNG', 'image/png', plain.png],
    ['PNG with a profile', 'image/png', plain.pngProfile],
    ['PNG with a palette', 'image/png', plain.palette],
    ['APNG', 'image/png', apng(plain.png)],
    ['lossy WebP', 'image/webp', plain.lossy],
    ['lossless WebP', 'image/webp', plain.lossless],
    ['WebP with alpha and a profile', 'image/webp', plain.webpAlpha],
    ['animated WebP', 'image/webp', moving.webp],
    ['animated GIF', 'image/gif', moving.gif],
  ])('%s without metadata is not touched', async (_, mimeType, clean) => {
    const { out } = await strip(Buffer.concat([clean, archive]), mimeType);
    expect(out.equals(clean)).toBe(true);
  });

  test.each<[string, StrippableMimeType, Buffer]>([
    ['GIF', 'image/gif', gifWith(moving.gif, gifMetadata)],
    ['WebP', 'image/webp', animatedWebpWithMetadata()],
  ])('animated %s keeps its frames and their times', async (_, mimeType, dirty) => {
    const { out } = await strip(dirty, mimeType);
    expect(out.includes(secret)).toBe(false);
    const { pages, delay, loop } = await sharp(out, { pages: -1 }).metadata();
    expect({ pages, delay, loop }).toEqual({ pages: 3, ...timing });
  });
});

/** Also inside of a frame. */
function animatedWebpWithMetadata(): Buffer {
  const body = Buffer.from(moving.webp.subarray(12));
  body.writeUInt8(body.readUInt8(8) | 0x0c, 8);
  const at = body.indexOf('ANMF');
  const end = at + 8 + body.readUInt32LE(at + 4);
  const frame = Buffer.concat([body.subarray(at + 8, end), webpChunk('prVt', secret)]);
  return webp(body.subarray(0, at), webpChunk('ANMF', frame), body.subarray(end), webpChunk('EXIF', exif(2)));
}

describe('orientation', () => {
  const all = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((value) => [['II', value] as const, ['MM', value] as const]);
  test.each(all)('%s %i', async (order, value) => {
    const told = async (bytes: Buffer, type: StrippableMimeType) => (await strip(bytes, type)).orientation;
    expect(await told(jpegWith(plain.jpeg, [jpegExif(value, order)]), 'image/jpeg')).toBe(value);
    expect(await told(pngWith(plain.png, [pngChunk('eXIf', exif(value, order))]), 'image/png')).toBe(value);
    const chunk = webpChunk('EXIF', Buffer.concat([Buffer.from('Exif\0\0'), exif(value, order)]));
    expect(await told(webp(plain.lossy.subarray(12), chunk), 'image/webp')).toBe(value);
  });

  test('as sharp writes and reads it', async () => {
    const written = await noise(20).withMetadata({ orientation: 5 }).jpeg().toBuffer();
    expect((await strip(written, 'image/jpeg')).orientation).toBe(5);
  });

  test.each([
    ['out of range', exif(9)],
    ['zero', exif(0)],
    ['no TIFF', Buffer.from('nonsense that is no block')],
    ['cut off', exif(6).subarray(0, 25)],
    ['empty', Buffer.alloc(0)],
    ['a directory far away', Buffer.from('II*\0\xff\xff\xff\xff', 'latin1')],
  ])('%s: upright', async (_, block) => {
    const segment = jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), block]));
    expect((await strip(jpegWith(plain.jpeg, [segment]), 'image/jpeg')).orientation).toBe(1);
    expect((await strip(pngWith(plain.png, [pngChunk('eXIf', block)]), 'image/png')).orientation).toBe(1);
  });

  test('the first block counts, and none behind the picture', async () => {
    const twice = jpegWith(plain.jpeg, [jpegExif(3), jpegExif(6)]);
    expect((await strip(twice, 'image/jpeg')).orientation).toBe(3);
    const late = Buffer.concat([plain.jpeg.subarray(0, -2), jpegExif(6), Buffer.of(0xff, 0xd9)]);
    expect((await strip(late, 'image/jpeg')).orientation).toBe(1);
  });
});

test('WebP: its header no longer says that there is metadata', async () => {
  const { out } = await strip(webpWithMetadata(plain.lossy), 'image/webp');
  expect(out.toString('latin1', 12, 16)).toBe('VP8X');
  expect(out.readUInt8(20)).toBe(0x20);
  expect(out.readUInt32LE(4)).toBe(out.length - 8);
});

describe('JPEG', () => {
  test('restart markers and stuffed bytes stay', async () => {
    const restarts = await noise(64).jpeg({ quality: 100 }).toBuffer();
    const at = restarts.indexOf(Buffer.of(0xff, 0xda));
    const scan = Buffer.from([
      0xff, 0xda, 0, 2, 1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff, 0xff, 0, 4, 0xff, 0xff, 0xd9,
    ]);
    const { out } = await strip(Buffer.concat([restarts.subarray(0, at), scan]), 'image/jpeg');
    const expected = Buffer.from([0xff, 0xda, 0, 2, 1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff, 0, 4, 0xff, 0xd9]);
    expect(out.subarray(at)).toEqual(expected);
  });

  test('the thumbnail of the JFIF header goes', async () => {
    const jfif = (thumbnail: string) => jpegSegment(0xe0, `JFIF\0\x01\x02\0\0\x48\0\x48${thumbnail}`);
    const dirty = jpegWith(plain.jpeg, [jfif(`\x01\x08${secret.padEnd(24)}`)]);
    const clean = jpegWith(plain.jpeg, [jfif('\0\0')]);
    expect((await strip(dirty, 'image/jpeg')).out.equals(clean)).toBe(true);
  });

  test('what stands between segments goes', async () => {
    const dirty = jpegWith(plain.jpeg, [Buffer.from(secret)]);
    expect((await strip(dirty, 'image/jpeg')).out.equals(plain.jpeg)).toBe(true);
  });
});

test('GIF: how a text is shown does not become how the next picture is shown', async () => {
  // 1 by 1, with nothing but a picture.
  const bare = Buffer.from('474946383961010001000000002c000000000100010000020144003b', 'hex');
  const { out } = await strip(gifWith(bare, [gifMetadata[3] as Buffer]), 'image/gif');
  expect(out.equals(bare)).toBe(true);
});

test('GIF: only what sets the repetitions is left of its extension', async () => {
  const counted = gifExtension(0xff, 'NETSCAPE2.0', '\x01\x04\0');
  const more = Buffer.concat([counted.subarray(0, -1), gifExtension(0xfe, '', secret).subarray(2)]);
  const { out } = await strip(gifWith(plain.gif, [more]), 'image/gif');
  expect(out.equals(gifWith(plain.gif, [counted]))).toBe(true);
});

describe('wherever the stream is cut, the outcome is the same', () => {
  test.each(full)('%s', async (_, mimeType, __, dirty) => {
    const whole = await strip(dirty, mimeType);
    const small = dirty.length > 60_000 ? dirty.subarray(0, 0) : dirty;
    if (small.length > 0) expect(await strip(small, mimeType, [1])).toEqual(whole);
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (cuts) => {
        fc.pre(cuts.reduce((sum, size) => sum + size, 0) / cuts.length > 20);
        expect(await strip(dirty, mimeType, cuts)).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  });
});

describe('an image that is not whole is refused', () => {
  const images: [string, StrippableMimeType, Buffer][] = [
    ...full.map(([name, mimeType, clean]): [string, StrippableMimeType, Buffer] => [name, mimeType, clean]),
    ['animated WebP', 'image/webp', moving.webp],
    ['APNG', 'image/png', apng(plain.png)],
  ];

  test.each(images)('%s, wherever it ends', async (_, mimeType, clean) => {
    const ends = [
      ...Array(40).keys(),
      ...Array.from({ length: 40 }, (_, n) => Math.floor((clean.length * n) / 40)),
    ];
    for (const end of [...ends, clean.length - 1, clean.length - 2]) {
      expect(await outcome(strip(clean.subarray(0, end), mimeType))).toBe(
        'MEDIA_INVALID_TYPE: The image is incomplete: its end is missing',
      );
    }
  });

  const wrongSum = Buffer.from(plain.png);
  wrongSum.writeUInt8(wrongSum.readUInt8(30) ^ 1, 30);
  const [ihdr, rest] = [plain.png.subarray(0, 33), plain.png.subarray(33)];
  test.each<[string, StrippableMimeType, Buffer]>([
    ['JPEG that is none', 'image/jpeg', plain.png],
    ['PNG that is none', 'image/png', plain.jpeg],
    ['WebP that is none', 'image/webp', plain.jpeg],
    ['GIF that is none', 'image/gif', plain.jpeg],
    ['JPEG without a picture', 'image/jpeg', Buffer.from([0xff, 0xd8, 0xff, 0xd9])],
    ['JPEG without a header', 'image/jpeg', Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 2, 0xff, 0xd9])],
    ['JPEG with a part of no length', 'image/jpeg', jpegWith(plain.jpeg, [Buffer.of(0xff, 0xdb, 0, 1)])],
    ['JPEG with an unknown part', 'image/jpeg', jpegWith(plain.jpeg, [jpegSegment(0x20, 'abc')])],
    ['PNG with a wrong checksum', 'image/png', wrongSum],
    ['PNG without a picture', 'image/png', Buffer.concat([ihdr, rest.subarray(-12)])],
    ['PNG with an unknown critical part', 'image/png', pngWith(plain.png, [pngChunk('ABCD', 'x')])],
    ['PNG with a nameless part', 'image/png', pngWith(plain.png, [Buffer.alloc(12)])],
    ['WebP with nothing in it', 'image/webp', webp(webpChunk('VP8X', Buffer.alloc(10)))],
    [
      'WebP that begins with something else',
      'image/webp',
      webp(webpChunk('EXIF', exif(1)), plain.lossy.subarray(12)),
    ],
    ['WebP whose part is too long', 'image/webp', webp(plain.lossy.subarray(12, -20))],
    [
      'WebP with a long header',
      'image/webp',
      webp(webpChunk('VP8X', Buffer.alloc(12)), plain.lossy.subarray(12)),
    ],
    [
      'GIF without a picture',
      'image/gif',
      Buffer.concat([plain.gif.subarray(0, 10), Buffer.of(0, 0, 0, 0x3b)]),
    ],
    ['GIF with an unknown part', 'image/gif', gifWith(plain.gif, [Buffer.of(0x55)])],
  ])('%s', async (_, mimeType, bytes) => {
    expect(await outcome(strip(bytes, mimeType))).toMatch(/^MEDIA_INVALID_TYPE: The image is damaged: /);
  });
});
