import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMediaTools, type TestTools, take } from './support/media-tools.ts';

let open: TestTools;
beforeAll(async () => {
  open = await openMediaTools();
});
afterAll(() => open[Symbol.asyncDispose]());

function look(mimeType: string, bytes: Buffer, avatar = false) {
  return open.tools.image({ mimeType, avatar }, Readable.from([bytes]), take);
}

/** What it is refused with. */
async function refusalOf(mimeType: string, bytes: Buffer, avatar = false): Promise<[string, string]> {
  const error = await look(mimeType, bytes, avatar).then(
    () => undefined,
    (cause) => cause,
  );
  return [error?.code, error?.message];
}

type Colour = { r: number; g: number; b: number; alpha?: number };
const red = { r: 220, g: 30, b: 30 };
const blue = { r: 30, g: 30, b: 220 };
const white = { r: 255, g: 255, b: 255 };

function plain(width: number, height: number, background: Colour = red) {
  return sharp({ create: { width, height, channels: background.alpha === undefined ? 3 : 4, background } });
}

/** An image that looks different whichever way it is turned or mirrored. */
async function flag(width: number, height: number): Promise<Sharp> {
  const patch = (background: Colour) =>
    plain(width / 2, height / 2, background)
      .png()
      .toBuffer();
  const patches = [
    { input: await patch(red), gravity: 'northwest' },
    { input: await patch(blue), gravity: 'northeast' },
  ];
  const painted = plain(width, height, white).composite(patches).removeAlpha();
  return sharp(await painted.png().toBuffer());
}

async function pixels(bytes: Buffer | Sharp) {
  const image = Buffer.isBuffer(bytes) ? sharp(bytes) : bytes;
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** The largest difference of any value of any pixel. */
async function difference(left: Buffer, right: Sharp): Promise<number> {
  const [a, b] = [await pixels(left), await pixels(right)];
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels]);
  return a.data.reduce((most, value, at) => Math.max(most, Math.abs(value - (b.data[at] as number))), 0);
}

/** The same JPEG with EXIF that says orientation 6, and nothing else that sharp would add. */
function sideways(jpeg: Buffer): Buffer {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
  const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), Buffer.from(tiff)]);
  const header = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), header, exif, jpeg.subarray(2)]);
}

async function frames(count: number, width = 40, height = 30): Promise<Buffer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, n) =>
      plain(width, height, { ...red, g: n * 20 })
        .png()
        .toBuffer(),
    ),
  );
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG that says it has this size, grey, with the given compressed rows. */
function png(width: number, height: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A GIF of so many frames, each of which paints one pixel of a canvas of this size. */
function gif(width: number, height: number, count: number): Buffer {
  const header = Buffer.from('GIF89a....\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  header.writeUInt16LE(width, 6);
  header.writeUInt16LE(height, 8);
  const control = [0x21, 0xf9, 4, 0, 2, 0, 0, 0];
  const frame = Buffer.from([...control, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
  return Buffer.concat([header, ...Array<Buffer>(count).fill(frame), Buffer.from([0x3b])]);
}

describe('what is stored', () => {
  test('a photo loses where it was taken and stands upright', async () => {
    const source = await (await flag(300, 200))
      .jpeg({ quality: 95 })
      .withMetadata({ orientation: 6 })
      .withExifMerge({
        IFD0: { Make: 'Camera & Co' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '47/1 22/1 0/1' },
      })
      .toBuffer();
    expect((await sharp(source).metadata()).orientation).toBe(6);
    const found = await look('image/jpeg', source);
    expect([found.width, found.height, found.mimeType]).toEqual([200, 300, 'image/jpeg']);
    const seen = await sharp(found.bytes).metadata();
    expect([seen.width, seen.height, seen.exif, seen.orientation]).toEqual([200, 300, undefined, undefined]);
    expect(found.bytes.includes('Camera')).toBe(false);
    expect(await difference(found.bytes, sharp(source).autoOrient())).toBeLessThan(60);
    expect(found.sizeBytes).toBe(found.bytes.length);
    expect(found.sha256).toBe(createHash('sha256').update(found.bytes).digest('hex'));
    const thumbnail = await sharp(found.thumbnail?.body).metadata();
    expect([thumbnail.width, thumbnail.height]).toEqual([200, 300]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i is shown as viewers show it', async (orientation) => {
    const source = await (await flag(64, 32)).png().withMetadata({ orientation }).toBuffer();
    const expected = sharp(source).autoOrient();
    const found = await look('image/png', source);
    expect(await difference(found.bytes, expected.clone())).toBe(0);
    expect(await difference(found.thumbnail?.body as Buffer, expected.clone())).toBeLessThan(90);
    expect(found.width).toBe(orientation < 5 ? 64 : 32);
    const avatar = await look('image/png', source, true);
    expect(
      await difference(avatar.bytes, sharp(await expected.png().toBuffer()).resize(32, 32)),
    ).toBeLessThan(90);
  });

  test('what is upright is stored byte for byte, in every format', async () => {
    const sources = {
      'image/jpeg': await plain(30, 20).jpeg().toBuffer(),
      'image/png': await plain(30, 20).png().toBuffer(),
      'image/webp': await plain(30, 20).webp().toBuffer(),
      'image/gif': await plain(30, 20).gif().toBuffer(),
    };
    for (const [mimeType, bytes] of Object.entries(sources)) {
      const found = await look(mimeType, bytes);
      expect(found.bytes.equals(bytes), mimeType).toBe(true);
      expect(found).toMatchObject({ width: 30, height: 20, mimeType, sizeBytes: bytes.length });
      expect(found.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  test('animations keep their frames, and are shown by the first', async () => {
    const joined = sharp(await frames(5), { join: { animated: true } });
    const sources = {
      'image/gif': await joined
        .clone()
        .gif({ delay: [50, 60, 70, 80, 90] })
        .toBuffer(),
      'image/webp': await joined
        .clone()
        .webp({ delay: [50, 60, 70, 80, 90] })
        .toBuffer(),
    };
    for (const [mimeType, bytes] of Object.entries(sources)) {
      const found = await look(mimeType, bytes);
      expect([found.width, found.height]).toEqual([40, 30]);
      const seen = await sharp(found.bytes).metadata();
      expect([seen.pages, seen.delay]).toEqual([5, [50, 60, 70, 80, 90]]);
      const thumbnail = await pixels(found.thumbnail?.body as Buffer);
      expect([thumbnail.width, thumbnail.height]).toEqual([40, 30]);
      expect(thumbnail.data[1]).toBeLessThan(10);
    }
  });

  test('a turned animation keeps frames and times', async () => {
    const delay = [50, 60, 70];
    const source = await sharp(await frames(3), { join: { animated: true } })
      .webp({ lossless: true, delay, loop: 4 })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const found = await look('image/webp', source);
    expect([found.width, found.height]).toEqual([30, 40]);
    const seen = await sharp(found.bytes).metadata();
    expect([seen.width, seen.height, seen.pages, seen.delay, seen.loop]).toEqual([30, 40, 3, delay, 4]);
    for (const page of [0, 1, 2]) {
      const { data } = await pixels(sharp(found.bytes, { page }));
      expect([data[0], data[1], data[2]]).toEqual([red.r, page * 20, red.b]);
    }
  });

  test('turning loses nothing where the source lost nothing', async () => {
    const noise = sharp({
      create: {
        width: 50,
        height: 40,
        channels: 3,
        background: red,
        noise: { type: 'gaussian', mean: 128, sigma: 50 },
      },
    });
    const raw = await noise.png().toBuffer();
    const source = await sharp(raw).webp({ lossless: true }).withMetadata({ orientation: 3 }).toBuffer();
    const found = await look('image/webp', source);
    expect(await difference(found.bytes, sharp(raw).rotate(180))).toBe(0);
    const lossy = await sharp(raw).webp({ quality: 60 }).withMetadata({ orientation: 3 }).toBuffer();
    expect((await look('image/webp', lossy)).sizeBytes).toBeLessThan(found.sizeBytes);
  });

  test('turning keeps colours: profile, grey, 16 bits, CMYK as it looks', async () => {
    const p3 = sideways(await plain(30, 20).withIccProfile('p3').jpeg().toBuffer());
    const { icc } = await sharp(p3).metadata();
    expect(icc?.length).toBeGreaterThan(100);
    expect((await sharp((await look('image/jpeg', p3)).bytes).metadata()).icc).toEqual(icc);
    const grey = sideways(await plain(30, 20).greyscale().toColourspace('b-w').jpeg().toBuffer());
    expect((await sharp(grey).metadata()).channels).toBe(1);
    expect((await sharp((await look('image/jpeg', grey)).bytes).metadata()).channels).toBe(1);
    const deep = await plain(30, 20).toColourspace('rgb16').withMetadata({ orientation: 6 }).png().toBuffer();
    expect((await sharp((await look('image/png', deep)).bytes).metadata()).depth).toBe('ushort');
    const cmyk = sideways(await plain(30, 20).toColourspace('cmyk').withIccProfile('cmyk').jpeg().toBuffer());
    const turned = await look('image/jpeg', cmyk);
    const seen = await sharp(turned.bytes).metadata();
    expect(seen.space).toBe('srgb');
    // Not the profile of CMYK, which has tables of many colours.
    expect(seen.icc?.length ?? 0).toBeLessThan(1000);
    expect(await difference(turned.bytes, sharp(cmyk).autoOrient().toColourspace('srgb'))).toBeLessThan(12);
  });

  test('turning keeps how finely a photo stores colours', async () => {
    for (const chromaSubsampling of ['4:4:4', '4:2:0']) {
      const source = sideways(await plain(30, 20).jpeg({ chromaSubsampling, progressive: true }).toBuffer());
      const found = await look('image/jpeg', source);
      expect(await sharp(found.bytes).metadata()).toMatchObject({ chromaSubsampling, isProgressive: true });
    }
  });
});

describe('thumbnails', () => {
  test('are 200 wide, never enlarged, at most 800 high from the top', async () => {
    const sizes: [number, number, number, number][] = [
      [1000, 500, 200, 100],
      [90, 60, 90, 60],
      [3000, 4, 200, 1],
      [1, 3000, 1, 800],
      [400, 4000, 200, 800],
    ];
    for (const [width, height, wide, high] of sizes) {
      const { thumbnail } = await look('image/png', await plain(width, height).png().toBuffer());
      const seen = await sharp(thumbnail?.body).metadata();
      expect([seen.width, seen.height, seen.format]).toEqual([wide, high, 'jpeg']);
    }
    const tall = await plain(200, 4000, blue)
      .composite([{ input: await plain(200, 800, red).png().toBuffer(), gravity: 'north' }])
      .png()
      .toBuffer();
    const { data } = await pixels((await look('image/png', tall)).thumbnail?.body as Buffer);
    for (const at of [0, data.length - 3]) expect(data[at]).toBeGreaterThan(200);
  });

  test('are WebP where something shines through, JPEG where an alpha channel hides nothing', async () => {
    const clear = await plain(300, 300, { ...red, alpha: 0.5 })
      .png()
      .toBuffer();
    const { thumbnail } = await look('image/png', clear);
    expect(thumbnail?.mimeType).toBe('image/webp');
    const { data } = await pixels(thumbnail?.body as Buffer);
    expect(data[3]).toBeGreaterThan(120);
    expect(data[3]).toBeLessThan(136);
    const opaque = await plain(300, 300, { ...red, alpha: 1 })
      .png()
      .toBuffer();
    expect((await sharp(opaque).metadata()).hasAlpha).toBe(true);
    const second = await look('image/png', opaque);
    expect(second.thumbnail?.mimeType).toBe('image/jpeg');
    expect((await sharp(second.thumbnail?.body).metadata()).format).toBe('jpeg');
  });

  test('a photo of twelve megapixels has one', async () => {
    const noise = await sharp({
      create: {
        width: 500,
        height: 375,
        channels: 3,
        background: red,
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
      },
    })
      .png()
      .toBuffer();
    const found = await look('image/jpeg', await sharp(noise).resize(4000, 3000).jpeg().toBuffer());
    expect([found.width, found.height]).toEqual([4000, 3000]);
    expect(found.thumbnail?.body.length).toBeLessThan(30_000);
  });
});

describe('avatars', () => {
  test('are the square in the middle, at most 640 wide, without a thumbnail', async () => {
    const wide = await plain(2000, 900, blue)
      .composite([{ input: await plain(900, 900, red).png().toBuffer(), gravity: 'centre' }])
      .jpeg()
      .toBuffer();
    const found = await look('image/jpeg', wide, true);
    expect(found).toMatchObject({ width: 640, height: 640, mimeType: 'image/jpeg', thumbnail: null });
    expect(found.sizeBytes).toBe(found.bytes.length);
    expect(found.sha256).toBe(createHash('sha256').update(found.bytes).digest('hex'));
    const { data, width, height } = await pixels(found.bytes);
    expect([width, height]).toEqual([640, 640]);
    for (const column of [8, 631]) expect(data[3 * (320 * 640 + column)]).toBeGreaterThan(200);
    expect(await look('image/png', await plain(120, 80).png().toBuffer(), true)).toMatchObject({
      width: 80,
      height: 80,
    });
  });

  test('of animations show the first frame; what is clear stays clear', async () => {
    const animated = await sharp(await frames(3), { join: { animated: true } })
      .gif()
      .toBuffer();
    const found = await look('image/gif', animated, true);
    expect(found.mimeType).toBe('image/jpeg');
    const clear = await look(
      'image/png',
      await plain(50, 50, { ...red, alpha: 0.4 })
        .png()
        .toBuffer(),
      true,
    );
    expect(clear.mimeType).toBe('image/webp');
  });
});

test('what is long and narrow costs no more than what is shown of it', async () => {
  const tower = await sharp({ create: { width: 640, height: 60_000, channels: 3, background: '#456' } })
    .png()
    .toBuffer();
  const found = await look('image/png', tower, true);
  expect([found.width, found.height]).toEqual([640, 640]);
});

describe('what is refused', () => {
  test('more than a hundred megapixels, whatever the file weighs, all frames together', async () => {
    const refusal = ['MEDIA_TOO_LARGE', 'The image is too large: it may have at most 100 megapixels'];
    const bomb = png(50_000, 50_000, deflateSync(Buffer.alloc(1000)));
    expect(bomb.length).toBeLessThan(200);
    expect(await refusalOf('image/png', bomb)).toEqual(refusal);
    expect(await refusalOf('image/png', bomb, true)).toEqual(refusal);
    expect(await refusalOf('image/gif', gif(1000, 1000, 101))).toEqual(refusal);
    const long = ['MEDIA_TOO_LARGE', 'The image is too large: an animation may have at most 5000 pictures'];
    expect(await refusalOf('image/gif', gif(1, 1, 100_000))).toEqual(long);
    expect(await refusalOf('image/gif', gif(1000, 1000, 101), true)).toEqual(refusal);
    expect(await look('image/gif', gif(1000, 1000, 100))).toMatchObject({ width: 1000, height: 1000 });
  });

  test('what is cut off, in every format', async () => {
    const source = plain(300, 200).composite([{ input: await plain(10, 10, blue).png().toBuffer() }]);
    const sources = {
      'image/jpeg': await source.clone().jpeg().toBuffer(),
      'image/png': await source.clone().png().toBuffer(),
      'image/webp': await source.clone().webp().toBuffer(),
      'image/gif': await source.clone().gif().toBuffer(),
    };
    for (const [mimeType, bytes] of Object.entries(sources)) {
      for (const cut of [0.3, 0.9]) {
        const part = bytes.subarray(0, Math.floor(bytes.length * cut));
        expect((await refusalOf(mimeType, part))[0], mimeType).toBe('MEDIA_INVALID_TYPE');
      }
    }
  });

  test('rows that are missing in a file with a good frame', async () => {
    const whole = deflateSync(Buffer.alloc(300 * 301));
    expect(await look('image/png', png(300, 300, whole))).toMatchObject({ width: 300 });
    const refusal = ['MEDIA_INVALID_TYPE', 'The image is damaged'];
    const half = deflateSync(Buffer.alloc(150 * 301));
    expect(await refusalOf('image/png', png(300, 300, half))).toEqual(refusal);
    // Where only the top is shown, what is below is looked at too.
    const tall = deflateSync(Buffer.alloc(5000 * 201));
    expect(await refusalOf('image/png', png(200, 9000, tall))).toEqual(refusal);
    expect(await refusalOf('image/png', png(200, 9000, tall), true)).toEqual(refusal);
  });

  test('a later frame that is damaged', async () => {
    const bytes = await sharp(await frames(3), { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    const last = bytes.lastIndexOf('VP8L');
    bytes.fill(0, last + 13, last + 8 + bytes.readUInt32LE(last + 4));
    expect((await sharp(bytes).raw().toBuffer()).length).toBeGreaterThan(0);
    expect((await refusalOf('image/webp', bytes))[0]).toBe('MEDIA_INVALID_TYPE');
  });

  test('other formats, even under an accepted name', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    expect((await refusalOf('image/png', svg))[0]).toBe('MEDIA_INVALID_TYPE');
    expect((await refusalOf('image/svg+xml', svg))[0]).toBe('MEDIA_INVALID_TYPE');
  });

  test('what decoders only warn of is no reason', async () => {
    const jpeg = await plain(60, 40).jpeg().toBuffer();
    const tables = jpeg.indexOf(Buffer.from([0xff, 0xc4]));
    // Stray bytes before a marker: some cameras write them.
    const odd = Buffer.concat([jpeg.subarray(0, tables), Buffer.from([1, 2, 3]), jpeg.subarray(tables)]);
    await expect(sharp(odd, { failOn: 'warning' }).stats()).rejects.toThrow('extraneous bytes');
    expect(await look('image/jpeg', odd)).toMatchObject({ width: 60, height: 40 });
  });
});

describe('temporary files', () => {
  test('are there for nobody else while they are used, and gone after', async () => {
    const source = await plain(30, 20).png().toBuffer();
    const names = await open.tools.image({ mimeType: 'image/png' }, Readable.from([source]), open.leftovers);
    expect(names.length).toBeGreaterThan(0);
    expect(await open.leftovers()).toEqual([]);
  });

  test('are gone when the image is refused, its sender leaves, or nobody can store it', async () => {
    const turned = await plain(30, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    await expect(look('image/jpeg', turned.subarray(0, 200))).rejects.toThrow();
    const broken = new Error('the connection was lost');
    const body = new Readable({ read() {} });
    body.push(turned.subarray(0, 100));
    const lost = open.tools.image({ mimeType: 'image/jpeg' }, body, take);
    body.destroy(broken);
    await expect(lost).rejects.toBe(broken);
    const full = new Error('the store is full');
    const unread = open.tools.image({ mimeType: 'image/jpeg' }, Readable.from([turned]), async (found) => {
      found.body();
      throw full;
    });
    await expect(unread).rejects.toBe(full);
    expect(await open.leftovers()).toEqual([]);
  });

  test('a stream that failed before anybody looked fails the same way', async () => {
    const body = new Readable({ read() {} });
    const broken = new Error('gone already');
    body.on('error', () => {});
    body.destroy(broken);
    await new Promise((resolve) => body.once('close', resolve));
    await expect(open.tools.image({ mimeType: 'image/jpeg' }, body, take)).rejects.toBe(broken);
  });
});
