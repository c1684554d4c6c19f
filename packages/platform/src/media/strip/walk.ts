/**
 * Walking through a file while it streams by. A walk is a generator that asks for what it wants next (some bytes to look at, a stretch to give
 * on or to leave out); `MetadataStripper` answers as the bytes come. So a format reads from top to bottom like its specification, and
 * where the stream happens to be cut makes no difference.
 */
// Not all of core: the process that decodes images loads this.
import { AppError } from '@parley/core/error';

/** Bytes that a walk may ask to look at in one go: a JPEG segment. */
export const maxTake = 65_536;

export type Step =
  /** Exactly so many bytes to look at; they are not given on. */
  | { readonly do: 'take'; readonly count: number }
  | { readonly do: 'pass'; readonly count: number }
  | { readonly do: 'skip'; readonly count: number }
  /** Gives on, or leaves out, all before the next such byte, which stays. */
  | { readonly do: 'passUntil' | 'skipUntil'; readonly byte: number }
  /** Gives on the coded data of a JPEG scan, up to the 0xff of a marker that ends it, which stays. */
  | { readonly do: 'passScan' }
  | { readonly do: 'emit'; readonly bytes: Uint8Array }
  /** What EXIF says about which side is up, 1 to 8. */
  | { readonly do: 'orient'; readonly orientation: number };

export type Walk<T = void> = Generator<Step, T, Buffer>;

/** `count` is at most `maxTake`. The bytes are only good until the next step: copy what is kept. */
export function* take(count: number): Walk<Buffer> {
  return yield { do: 'take', count };
}

export function* byte(): Walk<number> {
  return (yield* take(1)).readUInt8(0);
}

export function* pass(count: number): Walk {
  if (count > 0) yield { do: 'pass', count };
}

export function* skip(count: number): Walk {
  if (count > 0) yield { do: 'skip', count };
}

export function* passUntil(value: number): Walk {
  yield { do: 'passUntil', byte: value };
}

export function* passScan(): Walk {
  yield { do: 'passScan' };
}

export function* skipUntil(value: number): Walk {
  yield { do: 'skipUntil', byte: value };
}

export function* emit(bytes: Uint8Array): Walk {
  yield { do: 'emit', bytes };
}

export function* orient(orientation: number | undefined): Walk {
  if (orientation !== undefined) yield { do: 'orient', orientation };
}

const zeros = Buffer.alloc(maxTake);

/** Gives on `count` zeros in pieces. */
export function* blank(count: number): Walk {
  for (let left = count; left > 0; left -= maxTake) yield* emit(zeros.subarray(0, Math.min(left, maxTake)));
}

/** The file is of an accepted kind, but not as that kind must be. `what` ends the sentence "The image is …". */
export function damaged(what: string): AppError {
  return new AppError('MEDIA_INVALID_TYPE', `The image is damaged: ${what}`);
}

/** Pictures of an animation: minutes of it. Each costs the decoder something, however small it is. */
export const maxFrames = 5_000;

export function tooManyFrames(): AppError {
  return new AppError(
    'MEDIA_TOO_LARGE',
    `The image is too large: an animation may have at most ${maxFrames} pictures`,
  );
}

/** The stream ended before the image did. */
export function incomplete(): AppError {
  return new AppError('MEDIA_INVALID_TYPE', 'The image is incomplete: its end is missing');
}
