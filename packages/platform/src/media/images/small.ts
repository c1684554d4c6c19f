/** Small pictures of an image: its thumbnail, and a picture of a user or a group. Of an animation they show the first frame. */
import { limits } from '@parley/contract/limits';
import sharp, { type Region, type Sharp } from 'sharp';
import { decode } from './decode.ts';
import { isSideways, turn, type UprightJob } from './turn.ts';

/** Pixels: of what is taller, the top is shown. */
const maxThumbnailHeight = 800;
const thumbnailQuality = 72;
/** Pixels of a whole image made smaller, before it is cropped. */
const maxScaledPixels = 8_000_000;

/** Of pixels. */
export class TooLarge extends Error {}
/** An avatar is what is stored, not a hint of it. */
const avatarQuality = 82;

export interface Small {
  bytes: Buffer;
  mimeType: string;
  width: number;
  height: number;
}

interface Plan {
  /** The whole image, made smaller. */
  width: number;
  height: number;
  crop: Region;
  quality: number;
}

/**
 * The thumbnail of an image of this size (as it is shown), or its avatar: JPEG where it is opaque, WebP where it is not. The whole image is
 * decoded for it, so what is missing at its end is found.
 */
export async function small(job: UprightJob, size: { width: number; height: number }): Promise<Small> {
  const plan = job.kind === 'avatar' ? avatarPlan(size) : thumbnailPlan(size);
  const [width, height] = isSideways(job.orientation) ? [plan.height, plan.width] : [plan.width, plan.height];
  // Made smaller before it is turned and cropped: a decoder that knows the scale leaves out most of the work.
  const scaled = () => decode(job.sourcePath).resize(width, height, { fit: 'fill' });
  const shown =
    width * height > maxScaledPixels
      ? await partOf(job, scaled(), plan.crop)
      : await pixels(fromPixels(await upright(await pixels(scaled()), job.orientation)).extract(plan.crop));
  const opaque = isOpaque(shown);
  const image = fromPixels(shown);
  const bytes = opaque
    ? await image.removeAlpha().jpeg({ quality: plan.quality }).toBuffer()
    : await image.webp({ quality: plan.quality, effort: 2 }).toBuffer();
  const { width: shownWidth, height: shownHeight } = plan.crop;
  return { bytes, mimeType: opaque ? 'image/jpeg' : 'image/webp', width: shownWidth, height: shownHeight };
}

async function upright(whole: Pixels, orientation: number): Promise<Pixels> {
  return orientation === 1 ? whole : pixels(turn(fromPixels(whole), orientation));
}

/** Of what is long and narrow only what is shown: the whole of it, as raw pixels, may be more than the image itself. */
async function partOf(job: UprightJob, scaled: Sharp, crop: Region): Promise<Pixels> {
  if (job.orientation !== 1) throw new TooLarge('it is too long and narrow to be turned');
  // What is missing further down would not be found otherwise.
  await decode(job.sourcePath).resize(8, 8, { fit: 'fill' }).raw().toBuffer();
  return pixels(scaled.extract(crop));
}

function thumbnailPlan(size: { width: number; height: number }): Plan {
  const width = Math.min(limits.thumbnailWidth, size.width);
  const height = Math.max(1, Math.round((size.height * width) / size.width));
  const crop = { left: 0, top: 0, width, height: Math.min(height, maxThumbnailHeight) };
  return { width, height, crop, quality: thumbnailQuality };
}

function avatarPlan(size: { width: number; height: number }): Plan {
  const shorter = Math.min(size.width, size.height);
  const side = Math.min(limits.avatarSide, shorter);
  const width = Math.round((size.width * side) / shorter);
  const height = Math.round((size.height * side) / shorter);
  const crop = {
    left: Math.floor((width - side) / 2),
    top: Math.floor((height - side) / 2),
    width: side,
    height: side,
  };
  return { width, height, crop, quality: avatarQuality };
}

interface Pixels {
  data: Buffer;
  raw: { width: number; height: number; channels: 1 | 2 | 3 | 4 };
}

async function pixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data, raw: { width, height, channels: channels as Pixels['raw']['channels'] } };
}

function fromPixels({ data, raw }: Pixels): Sharp {
  return sharp(data, { raw });
}

/** Many images have an alpha channel and nothing that can be seen through. */
function isOpaque({ data, raw: { channels } }: Pixels): boolean {
  if (channels % 2 === 1) return true;
  for (let at = channels - 1; at < data.length; at += channels) {
    if (data[at] !== 255) return false;
  }
  return true;
}
