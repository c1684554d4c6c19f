/** Matroska (RFC 9559): EBML elements (RFC 8794), of which the segment holds everything. A recording that was not finished has no sizes. */
import type { FileBytes } from './file-bytes.ts';
import { damagedFile, incompleteFile } from './kind.ts';

const ids = { header: 0x1a45dfa3, segment: 0x18538067, cluster: 0x1f43b675, void: 0xec, crc: 0xbf } as const;
/** Elements that are looked at: one for each second or so of a recording. */
const mostElements = 200_000;

interface Element {
  id: number;
  start: number;
  /** Undefined where the size is not known. */
  end: number | undefined;
}

/** Errors: AppError `MEDIA_INVALID_TYPE`. */
export async function verifyMatroska(file: FileBytes): Promise<void> {
  const header = await readElement(file, 0, file.size);
  if (header.id !== ids.header || header.end === undefined)
    throw damagedFile('it does not begin like an MKV');
  const segment = await readElement(file, header.end, file.size);
  if (segment.id !== ids.segment) throw damagedFile('it does not hold what an MKV holds');
  const clusters = await checkChildren(file, segment.start, segment.end ?? file.size);
  if (clusters === 0) throw incompleteFile('its content is missing');
  if (segment.end !== undefined) await checkRest(file, segment.end);
}

/** Says how many clusters there are, as far as sizes are known. */
async function checkChildren(file: FileBytes, from: number, to: number): Promise<number> {
  let clusters = 0;
  let count = 0;
  for (let at = from; at < to; ) {
    if (++count > mostElements) throw damagedFile('it is made of too many parts');
    const element = await readElement(file, at, to);
    if (element.id === ids.cluster) clusters++;
    // What follows can only be found by looking through all that is in it.
    if (element.end === undefined) break;
    at = element.end;
  }
  return clusters;
}

/** Behind the segment may be padding, or another file of the same kind. */
async function checkRest(file: FileBytes, from: number): Promise<void> {
  for (let at = from, count = 0; at < file.size; count++) {
    const element = await readElement(file, at, file.size);
    const known = Object.values<number>(ids).includes(element.id);
    if (!known || count > mostElements) throw damagedFile('something follows after its end');
    if (element.end === undefined) return;
    at = element.end;
  }
}

async function readElement(file: FileBytes, at: number, to: number): Promise<Element> {
  const bytes = await file.at(at, Math.min(12, to - at));
  const idLength = Math.clz32(bytes[0] ?? 0) - 23;
  const sizeLength = Math.clz32(bytes[idLength] ?? 0) - 23;
  if (idLength > 4 || sizeLength > 8) throw damagedFile('a part of it makes no sense');
  const start = at + idLength + sizeLength;
  if (start > to) throw incompleteFile('its end is missing');
  const size = bytes.subarray(idLength, idLength + sizeLength);
  // The first set bit only tells how long the number is; all others set: not known.
  const mask = 0xff >> sizeLength;
  const unknown = (size.readUInt8() & mask) === mask && size.subarray(1).every((byte) => byte === 0xff);
  const value = size.subarray(1).reduce((sum, byte) => sum * 256 + byte, size.readUInt8() & mask);
  if (!unknown && start + value > to) throw incompleteFile('its end is missing');
  return { id: bytes.readUIntBE(0, idLength), start, end: unknown ? undefined : start + value };
}
