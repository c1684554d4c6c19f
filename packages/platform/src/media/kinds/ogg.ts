/** Ogg (RFC 3533): a row of pages, each with a checksum. The first ones and the last are looked at; the last must end where the file ends. */
import { tagsAtEnd } from './audio-tags.ts';
import type { FileBytes } from './file-bytes.ts';
import { damagedFile, incompleteFile } from './kind.ts';

/** Bytes of the longest page: its header, 255 lengths, and 255 pieces of 255 bytes. */
const longestPage = 27 + 255 + 255 * 255;
const pagesAtStart = 8;

/** Errors: AppError `MEDIA_INVALID_TYPE`. */
export async function verifyOgg(file: FileBytes): Promise<void> {
  const end = await tagsAtEnd(file);
  let at = 0;
  for (let n = 0; n < pagesAtStart && at < end; n++) {
    const page = await file.at(at, Math.min(longestPage, end - at));
    const length = pageLength(page);
    if (length === undefined) throw n === 0 ? damagedFile('it does not begin like an OGG') : tornApart();
    if (length > page.length) throw incompleteFile('its end is missing');
    if (!isIntact(page.subarray(0, length))) throw tornApart();
    at += length;
  }
  if (at < end && !hasLastPage(await file.before(end, longestPage)))
    throw incompleteFile('its last page is missing');
}

function tornApart(): Error {
  return damagedFile('its pages do not follow each other');
}

/** Whether a whole page ends where these bytes do. */
function hasLastPage(tail: Buffer): boolean {
  for (let at = tail.lastIndexOf('OggS'); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf('OggS', at - 1)) {
    const page = tail.subarray(at);
    if (pageLength(page) === page.length && isIntact(page)) return true;
  }
  return false;
}

/** Of the page that begins here; undefined where none does. More than the bytes given where it is cut off. */
function pageLength(bytes: Buffer): number | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'OggS') return undefined;
  const segments = bytes[26];
  if (segments === undefined || bytes.length < 27 + segments) return longestPage + 1;
  if (bytes.readUInt8(4) !== 0) return undefined;
  return bytes.subarray(27, 27 + segments).reduce((sum, length) => sum + length, 27 + segments);
}

/** The checksum counts with itself as zeros; its polynomial is 0x04c11db7, not reflected. */
function isIntact(page: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at < page.length; at++) {
    const byte = at >= 22 && at < 26 ? 0 : (page[at] ?? 0);
    sum = ((sum << 8) ^ (table[((sum >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  }
  return sum === page.readUInt32LE(22);
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum;
});
