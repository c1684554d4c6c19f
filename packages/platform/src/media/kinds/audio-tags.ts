/** Tags before and after the sound of an MP3 or AAC file: ID3v2, ID3v1, APEv2 and Lyrics3. They belong to it, and are no frames. */
import type { FileBytes } from './file-bytes.ts';
import { incompleteFile } from './kind.ts';

/** Tags that stand behind each other at one side. */
const mostTags = 8;

/** Where the sound begins. Errors: AppError `MEDIA_INVALID_TYPE` where a tag is cut off. */
export async function tagsAtStart(file: FileBytes): Promise<number> {
  let at = 0;
  for (let n = 0; n < mostTags && at + 10 <= file.size; n++) {
    const head = await file.at(at, 10);
    if (head.toString('latin1', 0, 3) !== 'ID3') break;
    // Bit 4 of the flags: ten more bytes follow, the same again.
    at += 10 + syncSafe(head.subarray(6)) + (head.readUInt8(5) & 0x10 ? 10 : 0);
    if (at > file.size) throw incompleteFile('there is no sound in it');
  }
  return at;
}

/** Where the sound ends. A tag that says it is longer than the file is taken for sound. */
export async function tagsAtEnd(file: FileBytes): Promise<number> {
  let end = file.size;
  for (let n = 0; n < mostTags; n++) {
    const length = tagLength(await file.before(end, 128));
    if (length === 0 || length > end) break;
    end -= length;
  }
  return end;
}

function tagLength(tail: Buffer): number {
  const back = (count: number) => Math.max(0, tail.length - count);
  const text = (count: number, length: number) => tail.toString('latin1', back(count), back(count) + length);
  if (tail.length === 128 && text(128, 3) === 'TAG') return 128;
  if (tail.length < 32) return 0;
  if (text(32, 8) === 'APETAGEX') {
    // Bit 31 of the flags: there is a header too, which the size does not count.
    return tail.readUInt32LE(back(20)) + (tail.readUInt32LE(back(12)) & 0x80000000 ? 32 : 0);
  }
  if (text(9, 9) === 'LYRICS200') return Number(text(15, 6)) + 15 || 0;
  if (text(10, 3) === '3DI') return syncSafe(tail.subarray(back(4))) + 20;
  return 0;
}

/** ID3v2.4 section 6.2: four bytes of seven bits. */
function syncSafe(bytes: Buffer): number {
  return bytes.subarray(0, 4).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
}
