import sharp from 'sharp';

import { seededRandom } from '../scale/texts.ts';

/** Pixels on the side of what an image is made of, over and over: JPEG looks at 16 at a time, so it does not find out. */
const tileSide = 512;

/** The strength of the noise, of 255. */
const deviation = 30;

/** Grain on a grey ground, the same in every run: three bytes per pixel. */
function makeTile(): Buffer {
  const random = seededRandom(7);
  const tile = Buffer.alloc(tileSide * tileSide * 3);
  for (let at = 0; at < tile.length; at += 1) {
    // The sum of four draws is near enough to a bell curve; times √3 its deviation is 1.
    const drawn = (random() + random() + random() + random() - 2) * Math.sqrt(3);
    tile[at] = Math.min(255, Math.max(0, Math.round(128 + drawn * deviation)));
  }
  return tile;
}

/** Rows of the tile, as often as the image needs them. */
function repeat(tile: Buffer, width: number, height: number): Buffer {
  const row = tileSide * 3;
  const out = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const from = (y % tileSide) * row;
    const start = y * width * 3;
    for (let at = 0; at < width * 3; at += row)
      tile.copy(out, start + at, from, from + Math.min(row, width * 3 - at));
  }
  return out;
}

/**
 * A JPEG of noise that has as many bytes as fit into `mostBytes`, by its quality. Errors: not even the lowest quality is small enough.
 */
export async function noiseJpeg(width: number, height: number, mostBytes: number): Promise<Buffer> {
  const tile = makeTile();
  const tiles = (width * height) / tileSide ** 2;
  const encode = (pixels: Buffer, across: number, down: number, quality: number) =>
    sharp(pixels, { raw: { width: across, height: down, channels: 3 } })
      .jpeg({ quality })
      .toBuffer();
  // One tile tells about how many bytes all will have, at a small part of the work.
  let [low, high] = [1, 100];
  while (low < high) {
    const quality = Math.ceil((low + high) / 2);
    const { length } = await encode(tile, tileSide, tileSide, quality);
    if (length * tiles > mostBytes) high = quality - 1;
    else low = quality;
  }
  const pixels = repeat(tile, width, height);
  for (let quality = low; quality > 0; quality -= 1) {
    const jpeg = await encode(pixels, width, height, quality);
    if (jpeg.length <= mostBytes) return jpeg;
  }
  throw new Error(`${width} × ${height} pixels of noise do not fit into ${mostBytes} bytes`);
}
