/** MediaTools.verify: what of a stored file only the whole shows (contract section 2, Media). */
import type { MediaType } from '@parley/contract';
import { verifyArchive } from './archive.ts';
import { verifyCompoundFile } from './compound-file.ts';
import { FileBytes, type ReadRange } from './file-bytes.ts';
import { verifyFrames } from './frames.ts';
import { verifyIsoMedia } from './iso-media.ts';
import { type Kind, kindOf, notAccepted, notWhatItSays } from './kind.ts';
import { verifyMatroska } from './matroska.ts';
import { verifyOgg } from './ogg.ts';
import { verifyPdf } from './pdf.ts';

export interface StoredFile {
  type: MediaType;
  /** As `receiveFile` gave it. */
  mimeType: string;
  sizeBytes: number;
  filename: string | null;
}

/**
 * Reads ranges of at most 128 KB, holds less than 1 MB, and refuses only what cannot be a good file. Images and text are not read: the
 * streams through `stripMetadata` and `receiveFile` have shown all of them. Errors: AppError `MEDIA_INVALID_TYPE`; what `read` throws.
 */
export async function verifyFile(stored: StoredFile, read: ReadRange): Promise<void> {
  const kind = kindOf(stored.mimeType);
  if (!kind) throw notAccepted(stored.type);
  const file = new FileBytes(read, stored.sizeBytes);
  await checks[kind]?.(file, stored);
  if (mayHideArchive.includes(kind)) await refuseArchive(file);
}

type Check = (file: FileBytes, stored: StoredFile) => Promise<void>;

const isoMedia: Check = (file, stored) => verifyIsoMedia(file, stored.type === 'audio');

const checks: Partial<Record<Kind, Check>> = {
  mp4: isoMedia,
  '3gp': isoMedia,
  m4a: isoMedia,
  mkv: verifyMatroska,
  ogg: verifyOgg,
  opus: verifyOgg,
  mp3: (file) => verifyFrames(file, 'mp3'),
  aac: (file) => verifyFrames(file, 'aac'),
  pdf: verifyPdf,
  doc: (file) => verifyCompoundFile(file, 'doc'),
  xls: (file) => verifyCompoundFile(file, 'xls'),
  ppt: (file) => verifyCompoundFile(file, 'ppt'),
  docx: (file) => verifyArchive(file, 'docx'),
  xlsx: (file) => verifyArchive(file, 'xlsx'),
  pptx: (file) => verifyArchive(file, 'pptx'),
  zip: (file) => verifyArchive(file, 'zip'),
};

const mayHideArchive: readonly Kind[] = [
  'doc',
  'xls',
  'ppt',
  'pdf',
  'mp3',
  'aac',
  'mp4',
  '3gp',
  'm4a',
  'mkv',
  'ogg',
  'opus',
];

/** An archive is read from its end, so any file may be one as well: the end record of a ZIP, whose comment ends just where the file does. */
async function refuseArchive(file: FileBytes): Promise<void> {
  const tail = await file.before(file.size, 22 + 0xffff);
  for (
    let at = tail.lastIndexOf(endRecord);
    at >= 0;
    at = at === 0 ? -1 : tail.lastIndexOf(endRecord, at - 1)
  ) {
    if (at + 22 <= tail.length && at + 22 + tail.readUInt16LE(at + 20) === tail.length) {
      throw notWhatItSays('The file is an archive at the same time');
    }
  }
}

const endRecord = Buffer.from('PK\x05\x06', 'latin1');
