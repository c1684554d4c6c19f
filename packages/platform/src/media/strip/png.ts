/**
 * PNG (W3C PNG third edition). Kept: the chunks that make the picture, its animation and its colours. Left out: text, time, EXIF, everything
 * unknown that a decoder may leave out, and all that follows the end.
 */
import { crc32 } from 'node:zlib';
import { exifOrientation } from './orientation.ts';
import {
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

const signature = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Bytes that each kept chunk may have: a longer one is not what it says it is, and could hide something. */
const kept: ReadonlyMap<string, number> = new Map([
  ['PLTE', 768],
  ['IDAT', 2 ** 31 - 1],
  ['acTL', 8],
  ['fcTL', 26],
  ['fdAT', 2 ** 31 - 1],
  ['tRNS', 256],
  ['gAMA', 4],
  ['cHRM', 32],
  ['sRGB', 1],
  ['iCCP', 2 ** 31 - 1],
  ['cICP', 4],
  ['mDCV', 24],
  ['cLLI', 8],
  ['sBIT', 4],
  ['bKGD', 6],
  ['pHYs', 9],
]);

export function* png(): Walk {
  if (!(yield* take(8)).equals(signature)) throw damaged('it does not begin like a PNG');
  yield* emit(signature);
  yield* imageHeader();
  let picture = false;
  let frames = 0;
  for (;;) {
    const head = Buffer.from(yield* take(8));
    const length = head.readUInt32BE();
    const type = head.toString('latin1', 4);
    if (length > 2 ** 31 - 1 || !/^[A-Za-z]{4}$/.test(type))
      throw damaged('a part of it has no valid header');
    if (type === 'IEND') {
      if (length !== 0 || !picture) throw damaged('there is no picture in it');
      yield* emit(head);
      yield* pass(4);
      return;
    }
    if (type === 'IDAT') picture = true;
    if (type === 'fcTL' && ++frames > maxFrames) throw tooManyFrames();
    if (type === 'eXIf') yield* exif(length);
    else if (length <= (kept.get(type) ?? -1)) {
      yield* emit(head);
      yield* pass(length + 4);
    } else if (isCritical(type)) throw damaged('it holds a part of unknown kind');
    else yield* skip(length + 4);
  }
}

/** The first chunk: its length, name, 13 bytes and checksum. */
function* imageHeader(): Walk {
  const chunk = Buffer.from(yield* take(25));
  if (chunk.readUInt32BE() !== 13 || chunk.toString('latin1', 4, 8) !== 'IHDR') {
    throw damaged('it does not begin with its size');
  }
  if (crc32(chunk.subarray(4, 21)) !== chunk.readUInt32BE(21))
    throw damaged('its header has a wrong checksum');
  yield* emit(chunk);
}

/** The first directory, which is all that is looked at, stands near the beginning. */
function* exif(length: number): Walk {
  const looked = Math.min(length, maxTake);
  if (looked > 0) yield* orient(exifOrientation(yield* take(looked)));
  yield* skip(length - looked + 4);
}

function isCritical(type: string): boolean {
  return type.charCodeAt(0) < 0x60;
}
