/**
 * JPEG (ITU T.81, annex B). Kept: what decoding needs, the JFIF header without its thumbnail, the colour profile (ICC.1 annex B.4) and Adobe's
 * colour transform. Left out: every other application segment (EXIF, XMP, IPTC, depth maps, …), comments, what stands between
 * segments, and all that follows the end (a second picture, a video, an archive).
 */
import { exifOrientation } from './orientation.ts';
import { byte, damaged, emit, orient, pass, passScan, skip, skipUntil, take, type Walk } from './walk.ts';

const soi = 0xd8;
const eoi = 0xd9;
const sos = 0xda;
const app0 = 0xe0;
const app1 = 0xe1;
const app2 = 0xe2;
const app14 = 0xee;
const com = 0xfe;

export function* jpeg(): Walk {
  if ((yield* take(2)).readUInt16BE() !== 0xff00 + soi) throw damaged('it does not begin like a JPEG');
  yield* emit(Buffer.of(0xff, soi));
  const seen = { frame: false, scan: false, exif: false };
  let marker = yield* nextMarker();
  while (marker !== eoi) {
    if (marker === sos) {
      if (!seen.frame) throw damaged('its picture has no header');
      seen.scan = true;
      marker = yield* scan();
      continue;
    }
    if (isFrame(marker)) seen.frame = true;
    if (marker === app1) yield* application1(seen);
    else yield* segment(marker);
    marker = yield* nextMarker();
  }
  if (!seen.scan) throw damaged('there is no picture in it');
  yield* emit(Buffer.of(0xff, eoi));
}

/** Goes past fill bytes, and past what does not belong there, as decoders do. */
function* nextMarker(): Walk<number> {
  for (;;) {
    yield* skipUntil(0xff);
    const marker = yield* afterFill();
    if (marker !== 0 && !isRestart(marker) && marker !== 0x01) return marker;
  }
}

/** The byte after a row of 0xff, none of which is given on. */
function* afterFill(): Walk<number> {
  let value = 0xff;
  while (value === 0xff) value = yield* byte();
  return value;
}

/** Everything that begins with a length. Its two bytes count themselves. */
function* segment(marker: number): Walk {
  if (!isKnown(marker)) throw damaged('it holds a part of unknown kind');
  const length = yield* segmentLength();
  if (marker === app0) yield* jfif(length);
  else if (marker === app2) yield* profile(length);
  else if (marker === app14) yield* adobe(length);
  else if (isApplication(marker) || marker === com) yield* skip(length);
  else {
    yield* header(marker, length);
    yield* pass(length);
  }
}

function* segmentLength(): Walk<number> {
  const length = (yield* take(2)).readUInt16BE();
  if (length < 2) throw damaged('a part of it has an impossible length');
  return length - 2;
}

function header(marker: number, length: number): Walk {
  return emit(Buffer.of(0xff, marker, (length + 2) >> 8, (length + 2) & 0xff));
}

/** JFIF 1.02: name, version, density, and the size of a thumbnail, which may show what was cut away: it goes. */
function* jfif(length: number): Walk {
  const known = Buffer.from(yield* take(Math.min(length, 14)));
  yield* skip(length - known.length);
  if (known.length < 14 || known.toString('latin1', 0, 5) !== 'JFIF\0') return;
  yield* header(app0, 14);
  yield* emit(known.fill(0, 12));
}

function* profile(length: number): Walk {
  const name = Buffer.from(yield* take(Math.min(length, 12)));
  if (name.toString('latin1') !== 'ICC_PROFILE\0') return yield* skip(length - name.length);
  yield* header(app2, length);
  yield* emit(name);
  yield* pass(length - name.length);
}

function* adobe(length: number): Walk {
  const known = Buffer.from(yield* take(Math.min(length, 12)));
  yield* skip(length - known.length);
  if (known.length < 12 || known.toString('latin1', 0, 5) !== 'Adobe') return;
  yield* header(app14, 12);
  yield* emit(known);
}

/** EXIF or XMP. Decoders look at the first EXIF block, and only before the picture. */
function* application1(seen: { scan: boolean; exif: boolean }): Walk {
  const length = yield* segmentLength();
  if (length === 0) return;
  const block = yield* take(length);
  if (seen.exif || seen.scan || block.toString('latin1', 0, 6) !== 'Exif\0\0') return;
  seen.exif = true;
  yield* orient(exifOrientation(block));
}

/** A scan's header and its coded data, in which 0xff is followed by zero or is a restart marker. Says which marker ended it. */
function* scan(): Walk<number> {
  const length = yield* segmentLength();
  yield* header(sos, length);
  yield* pass(length);
  for (;;) {
    yield* passScan();
    yield* byte();
    const value = yield* byte();
    if (value === 0xff) {
      // A fill byte, or more; decoders leave them out, even before a stuffed zero.
      const marker = yield* afterFill();
      if (isEnd(marker)) return marker;
      yield* emit(Buffer.of(0xff, marker));
    } else if (isEnd(value)) return value;
    else yield* emit(Buffer.of(0xff, value));
  }
}

function isEnd(marker: number): boolean {
  return marker !== 0 && !isRestart(marker);
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

function isApplication(marker: number): boolean {
  return marker >= 0xe0 && marker <= 0xef;
}

/** 0xc4 (tables), 0xc8 (reserved) and 0xcc (arithmetic conditioning) are no frames. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** 0xdb to 0xdf: tables, number of lines, restart interval and hierarchical progression. */
function isKnown(marker: number): boolean {
  return (
    isApplication(marker) ||
    marker === com ||
    (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) ||
    (marker >= 0xdb && marker <= 0xdf)
  );
}
