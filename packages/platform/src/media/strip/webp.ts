/**
 * WebP (RFC 9649). The length of the whole stands at the very beginning, and whether metadata follows is only known at the end, so a chunk
 * cannot just be left out of a stream. Instead its place is kept: it becomes a chunk `JUNK` (the name that RIFF has for padding) of as many
 * zeros. Decoders must ignore chunks that they do not know (section 2.7.1.6). It costs as many bytes as the metadata had, and holds nothing of it.
 * What follows the end of the whole is left out.
 */
import { exifOrientation } from './orientation.ts';
import {
  blank,
  damaged,
  emit,
  maxFrames,
  maxTake,
  orient,
  pass,
  skip,
  take,
  tooManyFrames,
  type Walk,
} from './walk.ts';

const kept = new Set(['VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ICCP']);
/** Of VP8X: colour profile, alpha, animation. What says that EXIF or XMP is there goes, and reserved bits too. */
const keptFlags = 0x20 | 0x10 | 0x02;
/** Bytes of an animation's frame before its own chunks begin. */
const frameHeader = 16;

export function* webp(): Walk {
  const riff = Buffer.from(yield* take(12));
  if (riff.toString('latin1', 0, 4) !== 'RIFF' || riff.toString('latin1', 8) !== 'WEBP') {
    throw damaged('it does not begin like a WebP');
  }
  yield* emit(riff);
  const picture = yield* chunks(riff.readUInt32LE(4) - 4, true);
  if (!picture) throw damaged('there is no picture in it');
}

/** Chunks that take up so many bytes. Says whether a picture is among them. */
function* chunks(size: number, outermost: boolean): Walk<boolean> {
  let picture = false;
  let left = size;
  let frames = 0;
  for (let first = outermost; left > 0; first = false) {
    if (left < 8) throw damaged('its parts do not fill it');
    const head = Buffer.from(yield* take(8));
    const type = head.toString('latin1', 0, 4);
    const length = head.readUInt32LE(4);
    left -= 8;
    if (length > left) throw damaged('a part of it is longer than the whole');
    if (first && !['VP8 ', 'VP8L', 'VP8X'].includes(type)) throw damaged('it does not begin with a picture');
    if (type === 'ANMF' && ++frames > maxFrames) throw tooManyFrames();
    if (type === 'ANMF' && outermost) picture = (yield* frame(head, length)) || picture;
    else {
      yield* chunk(head, type, length, first);
      picture ||= type === 'VP8 ' || type === 'VP8L';
    }
    left -= length;
    // Chunks are as long as an even number; the last one of a careless writer may lack the byte for it.
    if (length % 2 === 1 && left > 0) {
      yield* skip(1);
      yield* emit(Buffer.of(0));
      left--;
    }
  }
  return picture;
}

function* chunk(head: Buffer, type: string, length: number, first: boolean): Walk {
  if (type === 'VP8X' && first) {
    if (length !== 10) throw damaged('its header has a wrong length');
    yield* emit(head);
    const fields = Buffer.from(yield* take(10));
    fields.writeUInt32LE(fields.readUInt8() & keptFlags);
    yield* emit(fields);
  } else if (kept.has(type)) {
    yield* emit(head);
    yield* pass(length);
  } else yield* junk(head, type, length);
}

function* junk(head: Buffer, type: string, length: number): Walk {
  head.write('JUNK', 'latin1');
  yield* emit(head);
  const looked = type === 'EXIF' ? Math.min(length, maxTake) : 0;
  if (looked > 0) yield* orient(exifOrientation(yield* take(looked)));
  // In pieces, so that what is given on never runs ahead of what came.
  for (let left = length; left > 0; left -= maxTake) {
    const count = Math.min(left, maxTake);
    yield* skip(Math.min(count, Math.max(0, left - looked)));
    yield* blank(count);
  }
}

function* frame(head: Buffer, length: number): Walk<boolean> {
  if (length < frameHeader) throw damaged('a frame of it is too short');
  yield* emit(head);
  yield* pass(frameHeader);
  return yield* chunks(length - frameHeader, false);
}
