/**
 * Takes the metadata out of an image while it streams by (contract section 2, Media: "EXIF location is removed from images"). What tells where,
 * when, by whom or with what a picture was made goes; the picture itself, its colours and its animation stay, byte for byte.
 */
import { Transform, type TransformCallback } from 'node:stream';
import { gif } from './gif.ts';
import { jpeg } from './jpeg.ts';
import { png } from './png.ts';
import { damaged, incomplete, type Step, type Walk } from './walk.ts';
import { webp } from './webp.ts';

const walks = {
  'image/jpeg': jpeg,
  'image/png': png,
  'image/webp': webp,
  'image/gif': gif,
} as const satisfies Record<string, () => Walk>;

/** Steps that need bytes of the stream. */
type Waiting = Exclude<Step, { do: 'emit' | 'orient' }>;

/**
 * Steps of an image at most, and bytes for each further one. People's have some 80 bytes a step (a GIF in blocks of 255); one that was made to
 * waste time is of parts of a byte or two.
 */
const freeSteps = 100_000;
const bytesPerStep = 32;

export type StrippableMimeType = keyof typeof walks;

/**
 * Holds back at most 64 KB, however large the image is. What follows the end of the image is left out. Fails with AppError
 * `MEDIA_INVALID_TYPE` where the image is damaged or its end is missing.
 */
export class MetadataStripper extends Transform {
  readonly #walk: Walk;
  #step: Waiting | undefined;
  /** Bytes that the present step has still to pass or skip. */
  #left = 0;
  /** Bytes that came but are not enough for the present step. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #out: Uint8Array[] = [];
  #orientation = 1;
  #steps = 0;
  #maxSteps = freeSteps;
  /** The last byte of a chunk, where it takes the next one to tell what it is. */
  #carried: Buffer | undefined;

  constructor(walk: Walk) {
    super();
    this.#walk = walk;
    this.#next();
  }

  /** Which side is up, as EXIF counts: 1 to 8, and 1 unless EXIF said otherwise. Final once the stream has ended. */
  get orientation(): number {
    return this.#orientation;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#maxSteps += chunk.length / bytesPerStep;
    try {
      const whole = this.#carried ? Buffer.concat([this.#carried, chunk]) : chunk;
      this.#carried = undefined;
      for (let rest = whole; rest.length > 0 && this.#step; ) rest = this.#feed(rest, this.#step);
    } catch (error) {
      done(error as Error);
      return;
    }
    const [first, ...others] = this.#out;
    this.#out = [];
    if (first) this.push(others.length === 0 ? first : Buffer.concat([first, ...others]));
    done();
  }

  override _flush(done: TransformCallback): void {
    done(this.#step ? incomplete() : null);
  }

  /** Gives the present step what it can use, and says what is left for the next one. */
  #feed(chunk: Buffer, step: Waiting): Buffer {
    switch (step.do) {
      case 'take':
        return this.#take(chunk, step.count);
      case 'pass':
      case 'skip': {
        const part = chunk.subarray(0, this.#left);
        if (step.do === 'pass') this.#out.push(part);
        this.#left -= part.length;
        if (this.#left === 0) this.#next();
        return chunk.subarray(part.length);
      }
      case 'passUntil':
      case 'skipUntil': {
        const at = chunk.indexOf(step.byte);
        const part = at === -1 ? chunk : chunk.subarray(0, at);
        if (step.do === 'passUntil' && part.length > 0) this.#out.push(part);
        if (at !== -1) this.#next();
        return chunk.subarray(part.length);
      }
      case 'passScan': {
        const { at, found } = endOfScan(chunk);
        if (at > 0) this.#out.push(chunk.subarray(0, at));
        if (!found && at < chunk.length) this.#carried = Buffer.of(0xff);
        if (!found) return chunk.subarray(chunk.length);
        this.#next();
        return chunk.subarray(at);
      }
    }
  }

  #take(chunk: Buffer, count: number): Buffer {
    const part = chunk.subarray(0, count - this.#heldBytes);
    if (this.#heldBytes + part.length < count) {
      // A copy: a small piece must not keep a large block of the source alive.
      this.#held.push(Buffer.from(part));
      this.#heldBytes += part.length;
    } else {
      const taken = this.#heldBytes === 0 ? part : Buffer.concat([...this.#held, part], count);
      this.#held = [];
      this.#heldBytes = 0;
      this.#next(taken);
    }
    return chunk.subarray(part.length);
  }

  /** Goes on to the next step that needs bytes. */
  #next(answer: Buffer = Buffer.alloc(0)): void {
    let result = this.#walk.next(answer);
    while (!result.done) {
      if (++this.#steps > this.#maxSteps) throw damaged('it is made of too many parts');
      const step = result.value;
      if (step.do === 'emit') this.#out.push(step.bytes);
      else if (step.do === 'orient') this.#orientation = step.orientation;
      else {
        this.#step = step;
        this.#left = 'count' in step ? step.count : 0;
        return;
      }
      result = this.#walk.next(Buffer.alloc(0));
    }
    this.#step = undefined;
  }
}

/**
 * Where the coded data of a JPEG scan ends in a chunk: in it 0xff is followed by zero, or is a restart marker. Not `found` where it goes on; a
 * last 0xff may be either.
 */
function endOfScan(chunk: Buffer): { at: number; found: boolean } {
  for (let at = chunk.indexOf(0xff); at !== -1; at = chunk.indexOf(0xff, at + 2)) {
    const next = chunk[at + 1];
    if (next === undefined) return { at, found: false };
    if (next !== 0 && (next < 0xd0 || next > 0xd7)) return { at, found: true };
  }
  return { at: chunk.length, found: false };
}

/** A stripper for one image of that kind. The kind must be what the bytes say: see `receiveFile`. */
export function stripMetadata(mimeType: StrippableMimeType): MetadataStripper {
  return new MetadataStripper(walks[mimeType]());
}
