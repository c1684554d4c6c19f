/** Turning an image upright (EXIF 2.32, tag Orientation), so that it needs no metadata to be shown as it was taken. */
import { open } from 'node:fs/promises';
import sharp, { type Metadata, type OutputInfo, type Sharp } from 'sharp';
import { decode } from './decode.ts';
import type { ImageJob } from './job.ts';

/** High enough that nobody sees that the image was encoded again. */
const quality = 92;

/** A job whose image says which side is up. */
export interface UprightJob extends ImageJob {
  /** EXIF's number, 1 to 8; 1 is upright. */
  orientation: number;
}

/** Whether width and height change places. */
export function isSideways(orientation: number): boolean {
  return orientation >= 5;
}

/** Adds the turn that makes an image with this orientation upright. sharp mirrors before it turns, in whatever order it is told. */
export function turn(image: Sharp, orientation: number): Sharp {
  switch (orientation) {
    case 2:
      return image.flop();
    case 3:
      return image.rotate(180);
    case 4:
      return image.flip();
    case 5:
      return image.flop().rotate(270);
    case 6:
      return image.rotate(90);
    case 7:
      return image.flop().rotate(90);
    case 8:
      return image.rotate(270);
    default:
      return image;
  }
}

/** The whole image upright, in its own format and colours. */
export async function upright(job: UprightJob, seen: Metadata): Promise<Buffer> {
  if (job.format === 'webp') return uprightWebp(job, seen);
  const turned = inItsColours(turn(decode(job.sourcePath), job.orientation), seen);
  if (job.format === 'png') return turned.png().toBuffer();
  const chromaSubsampling = seen.chromaSubsampling === '4:4:4' ? '4:4:4' : '4:2:0';
  return turned.jpeg({ quality, chromaSubsampling, progressive: seen.isProgressive ?? false }).toBuffer();
}

async function uprightWebp(job: UprightJob, seen: Metadata): Promise<Buffer> {
  const lossless = await isLossless(job.sourcePath);
  const pages = seen.pages ?? 1;
  if (pages === 1) {
    return inItsColours(turn(decode(job.sourcePath), job.orientation), seen)
      .webp({ lossless, quality })
      .toBuffer();
  }
  // A film strip cannot be turned as a whole: its frames would change their order.
  const strip: Buffer[] = [];
  let frame: OutputInfo | undefined;
  for (let page = 0; page < pages; page++) {
    const turned = turn(decode(job.sourcePath, page), job.orientation).raw();
    const { data, info } = await turned.toBuffer({ resolveWithObject: true });
    strip.push(data);
    frame = info;
  }
  const { width, height: pageHeight, channels } = frame as OutputInfo;
  return sharp(Buffer.concat(strip), { raw: { width, height: pageHeight * pages, channels, pageHeight } })
    .webp({ lossless, quality, loop: seen.loop ?? 0, ...(seen.delay ? { delay: seen.delay } : {}) })
    .toBuffer();
}

/** Grey stays grey, 16 bits stay 16 bits, and the colour profile stays; CMYK, which viewers rarely show right, becomes sRGB. */
function inItsColours(image: Sharp, seen: Metadata): Sharp {
  const kept = image.keepIccProfile();
  const grey = seen.space === 'b-w' || seen.space === 'grey16';
  if (seen.depth === 'ushort') return kept.toColourspace(grey ? 'grey16' : 'rgb16');
  return grey ? kept.toColourspace('b-w') : kept;
}

/** Whether the first picture of a WebP file is lossless: the chunk is `VP8L` then, not `VP8 ` (RFC 9649, section 2). */
async function isLossless(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(8);
    for (let at = 12; ; ) {
      const { bytesRead } = await file.read(header, 0, 8, at);
      if (bytesRead < 8) return false;
      const name = header.toString('latin1', 0, 4);
      if (name === 'VP8L' || name === 'VP8 ') return name === 'VP8L';
      // A frame's picture lies within its chunk, after 16 bytes about the frame.
      const size = header.readUInt32LE(4);
      at += name === 'ANMF' ? 8 + 16 : 8 + size + (size % 2);
    }
  } finally {
    await file.close();
  }
}
