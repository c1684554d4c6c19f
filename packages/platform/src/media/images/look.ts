/** One image from its file to what is to be known of it. Only for the image process. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { limits } from '@parley/contract/limits';
import type { Metadata } from 'sharp';
import { decode, decodeAll } from './decode.ts';
import type { ImageAnswer, ImageJob, ImageLook, Written } from './job.ts';
import { small } from './small.ts';
import { isSideways, upright } from './turn.ts';

class TooLarge extends Error {}

/** Never rejects. */
export async function look(job: ImageJob): Promise<ImageAnswer> {
  try {
    return { ok: true, look: await lookInto(job) };
  } catch (cause) {
    const { message: reason, code } = cause as NodeJS.ErrnoException;
    // Of the errors only those of the file system have a code; sharp's are about the image.
    const error = tooLarge(cause) ? 'too_large' : code === undefined ? 'broken' : 'failed';
    return { ok: false, error, reason };
  }
}

async function lookInto(job: ImageJob): Promise<ImageLook> {
  const seen = await decode(job.sourcePath).metadata();
  if (seen.format !== job.format) throw new Error(`a ${seen.format} file came as ${job.format}`);
  const frames = seen.pages ?? 1;
  if (frames * seen.width * seen.height > limits.imagePixels) throw new TooLarge('too many frames');
  const size = shownSize(seen, job.orientation);
  const made = await small(job, size);
  const written = { small: await write(job.smallPath, made.bytes, made.mimeType) };
  if (job.kind === 'avatar') {
    return { width: made.width, height: made.height, upright: null, ...written };
  }
  if (frames > 1) await decodeFrames(job.sourcePath);
  const turned = job.orientation === 1 ? null : await upright(job, seen);
  return {
    ...size,
    upright: turned && (await write(job.uprightPath, turned, `image/${job.format}`)),
    ...written,
  };
}

function shownSize({ width, height }: Metadata, orientation: number): { width: number; height: number } {
  return isSideways(orientation) ? { width: height, height: width } : { width, height };
}

/** The thumbnail shows the first frame; the others may be broken. A frame of a few pixels costs little beyond decoding. */
async function decodeFrames(path: string): Promise<void> {
  await decodeAll(path).resize(8, 8, { fit: 'fill' }).raw().toBuffer();
}

async function write(path: string, bytes: Buffer, mimeType: string): Promise<Written> {
  await writeFile(path, bytes, { mode: 0o600 });
  return { sizeBytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), mimeType };
}

function tooLarge(error: unknown): boolean {
  return error instanceof TooLarge || (error instanceof Error && /exceeds pixel limit/.test(error.message));
}
