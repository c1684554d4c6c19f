/**
 * MP3 (ISO/IEC 11172-3 and 13818-3) and AAC in ADTS (ISO/IEC 13818-7): frames behind each other, each telling how long it is. A few at the
 * beginning and at the end are looked at.
 */
import { tagsAtEnd, tagsAtStart } from './audio-tags.ts';
import type { FileBytes } from './file-bytes.ts';
import { type Frame, readAdtsFrame, readMp3Frame, xingBytes } from './frame-headers.ts';
import { damagedFile, incompleteFile } from './kind.ts';

type ReadFrame = (bytes: Buffer, at: number) => Frame | undefined;

/** Frames in a row that cannot be chance. */
const row = 4;
/** Bytes in which the first frame is looked for, as some writers pad their tags, and the last, as some leave tags that nobody knows. */
const searched = 64 * 1024;
const searchedAtEnd = 128 * 1024;

/** `kind` is what it is taken for; a tag may hide that it is the other. Errors: AppError `MEDIA_INVALID_TYPE`. */
export async function verifyFrames(file: FileBytes, kind: 'mp3' | 'aac'): Promise<void> {
  const start = await tagsAtStart(file);
  const end = await tagsAtEnd(file);
  if (start >= end) throw incompleteFile('there is no sound in it');
  const bytes = await file.at(start, Math.min(searched, end - start));
  const whole = start + bytes.length === end;
  const readers: ReadFrame[] = kind === 'mp3' ? [readMp3Frame, readAdtsFrame] : [readAdtsFrame];
  for (const read of readers) {
    const first = findRow(bytes, read, whole);
    if (first === undefined) continue;
    const frame = read(bytes, first);
    if (!frame || frame.length === undefined) return;
    if (read === readMp3Frame) checkXing(bytes.subarray(first), end - start - first, frame.length);
    const tail = await file.before(end, Math.min(searchedAtEnd, end - start));
    return checkTail(tail, read, frame);
  }
  throw damagedFile('there is no sound in it that can be played');
}

/** Where the first row of frames begins, which is shorter where the sound is. */
function findRow(bytes: Buffer, read: ReadFrame, whole: boolean, like?: Frame): number | undefined {
  for (let at = bytes.indexOf(0xff); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const first = read(bytes, at);
    if (!first || (like && first.stream !== like.stream)) continue;
    // A bit rate of the writer's own: nothing says how long a frame is, so only its place speaks for it.
    if (first.length === undefined && (like || at > 0)) continue;
    if (first.length === undefined) return at;
    const { count, end } = follow(bytes, at, read, first);
    if (count >= row || (whole && count >= 1 && end === bytes.length)) return at;
  }
  return undefined;
}

/** How many whole frames stand in a row, and where the last one ends. */
function follow(bytes: Buffer, from: number, read: ReadFrame, like: Frame): { count: number; end: number } {
  let count = 0;
  let at = from;
  for (;;) {
    const frame = read(bytes, at);
    if (!frame?.length || frame.stream !== like.stream || at + frame.length > bytes.length) break;
    at += frame.length;
    count++;
  }
  return { count, end: at };
}

/**
 * Up to its end it must be frames. AAC says the length of each frame, so one that is cut off is a file that is cut off; MP3s that lack some bytes
 * of the last frame are everywhere and play, so there only `checkXing` tells.
 */
function checkTail(tail: Buffer, read: ReadFrame, like: Frame): void {
  let end = 0;
  for (let at = findRow(tail, read, true, like); at !== undefined; ) {
    end = at + follow(tail.subarray(at), 0, read, like).end;
    const next = findRow(tail.subarray(end), read, false, like);
    at = next === undefined ? undefined : end + next;
  }
  if (tail.length - end > searched) throw damagedFile('something else follows after the sound');
  if (read === readAdtsFrame && tail[end] === 0xff) throw incompleteFile('its end is missing');
}

/** The first frame of most MP3s tells how many bytes the sound has. Less than that, by more than a frame, is a file that was cut off. */
function checkXing(bytes: Buffer, available: number, frameLength: number): void {
  const total = xingBytes(bytes.subarray(0, frameLength));
  if (total !== undefined && total > available + 4096) throw incompleteFile('its end is missing');
}
