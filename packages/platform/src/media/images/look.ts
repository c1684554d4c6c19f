/** One image from its file to what is to be known of it. Only for the image process. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { limits } from '@parley/contract/limits';
// Not all of core: only what an error is.
import { AppError } from '@parley/core/error';
import type { Metadata } from 'sharp';
import { stripMetadata } from '../strip/index.ts';
import { decode, decodeAll } from './decode.ts';
import type { ImageAnswer, ImageJob, ImageLook, Written } from './job.ts';
import { small, TooLarge } from './small.ts';
import { isSideways, type UprightJob, upright } from './turn.ts';

const chunkBytes = 256 * 1024;

/** Never rejects. */
export async function look(job: ImageJob): Promise<ImageAnswer> {
  try {
    return { ok: true, look: await lookInto(job) };
  } catch (cause) {
    const { message: reason, code } = cause as NodeJS.ErrnoException;
    if (cause instanceof AppError) {
      return { ok: false, error: code === 'MEDIA_TOO_LARGE' ? 'refused_size' : 'refused', reason };
    }
    // Of the errors only those of the file system have a code; sharp's are about the image.
    const error = tooLarge(cause) ? 'too_large' : code === undefined ? 'broken' : 'failed';
    return { ok: false, error, reason };
  }
}

async function lookInto(given: ImageJob): Promise<ImageLook> {
  const stripped = given.incomingPath === null ? null : await strip(given, given.incomingPath);
  const job: UprightJob = { ...given, orientation: stripped?.orientation ?? 1 };
  const source = stripped?.written ?? null;
  const seen = await decode(job.sourcePath).metadata();
  if (seen.format !== job.format) throw new Error(`a ${seen.format} file came as ${job.format}`);
  const frames = seen.pages ?? 1;
  if (frames * seen.width * seen.height > limits.imagePixels) throw new TooLarge('too many frames');
  const size = shownSize(seen, job.orientation);
  const made = await small(job, size);
  const written = { small: await write(job.smallPath, made.bytes, made.mimeType) };
  if (job.kind === 'avatar') {
    return { width: made.width, height: made.height, source, upright: null, ...written };
  }
  if (frames > 1) await decodeFrames(job.sourcePath);
  const turned = job.orientation === 1 ? null : await upright(job, seen);
  return {
    ...size,
    source,
    upright: turned && (await write(job.uprightPath, turned, `image/${job.format}`)),
    ...written,
  };
}

/** Writes the image without what the camera and others noted in it. Says which side is up. */
async function strip(
  { format, sourcePath }: ImageJob,
  incomingPath: string,
): Promise<{ written: Written; orientation: number }> {
  const stripper = stripMetadata(`image/${format}`);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const counted = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      yield chunk;
    }
  };
  await pipeline(
    createReadStream(incomingPath, { highWaterMark: chunkBytes }),
    stripper,
    counted,
    createWriteStream(sourcePath, { flags: 'wx', mode: 0o600, highWaterMark: chunkBytes }),
  );
  const written = { sizeBytes, sha256: hash.digest('hex'), mimeType: `image/${format}` };
  return { written, orientation: stripper.orientation };
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
