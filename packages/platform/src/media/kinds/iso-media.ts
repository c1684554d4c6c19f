/** ISO base media files (ISO/IEC 14496-12): MP4, 3GP and M4A. A file is a row of boxes, which must fill it, and some of them hold boxes again. */
import type { FileBytes } from './file-bytes.ts';
import { damagedFile, incompleteFile, notWhatItSays } from './kind.ts';

/** Boxes that are looked at: a long recording in fragments has some thousands. */
const mostBoxes = 200_000;

interface Box {
  type: string;
  /** Where its content begins, and where the box ends. */
  start: number;
  end: number;
}

/** `sound`: it must not hold pictures. Errors: AppError `MEDIA_INVALID_TYPE`. */
export async function verifyIsoMedia(file: FileBytes, sound: boolean): Promise<void> {
  const budget = { left: mostBoxes };
  const found = new Set<string>();
  const handlers = new Set<string>();
  for await (const box of boxes(file, 0, file.size, budget)) {
    if (found.size === 0 && box.type !== 'ftyp') throw damagedFile('it does not begin like an MP4');
    found.add(box.type);
    if (box.type === 'moov') await collectHandlers(file, box, ['trak', 'mdia'], budget, handlers);
  }
  if (!found.has('moov')) throw incompleteFile('what describes its tracks is missing');
  if (!found.has('mdat') && !found.has('moof')) throw incompleteFile('its content is missing');
  if (sound && handlers.has('vide')) throw notWhatItSays('The file is a video, not audio');
  if (sound && !handlers.has('soun')) throw notWhatItSays('The file holds no sound');
}

/** The boxes between two places. Errors where they do not fill what is between. */
async function* boxes(
  file: FileBytes,
  from: number,
  to: number,
  budget: { left: number },
): AsyncGenerator<Box, void> {
  for (let at = from; at < to; ) {
    if (budget.left-- === 0) throw damagedFile('it is made of too many parts');
    const box = await readBox(file, at, to);
    if (!box) return;
    yield box;
    at = box.end;
  }
}

/** Undefined where only zeros are left, which some writers end a list, or fill up a file, with. */
async function readBox(file: FileBytes, at: number, to: number): Promise<Box | undefined> {
  const head = await file.at(at, Math.min(16, to - at));
  if (head.every((byte) => byte === 0)) return undefined;
  if (head.length < 8) throw damagedFile('something follows after its end');
  const type = head.toString('latin1', 4, 8);
  const short = head.readUInt32BE();
  // 0: up to the end of the file; 1: the size follows in eight bytes.
  const long = short === 1 && head.length === 16;
  const size = short === 0 ? to - at : long ? Number(head.readBigUInt64BE(8)) : short;
  const start = at + (long ? 16 : 8);
  if (size < start - at || /[^\x20-\xff]/.test(type)) throw damagedFile('a part of it makes no sense');
  if (at + size > to) throw incompleteFile('its end is missing');
  return { type, start, end: at + size };
}

/** What each track is: `vide`, `soun`, … (section 8.4.3). `path` says in which boxes that stands. */
async function collectHandlers(
  file: FileBytes,
  box: Box,
  path: readonly string[],
  budget: { left: number },
  handlers: Set<string>,
): Promise<void> {
  for await (const inner of boxes(file, box.start, box.end, budget)) {
    if (inner.type === path[0]) await collectHandlers(file, inner, path.slice(1), budget, handlers);
    else if (path.length === 0 && inner.type === 'hdlr' && inner.end - inner.start >= 12) {
      handlers.add((await file.at(inner.start + 8, 4)).toString('latin1'));
    }
  }
}
