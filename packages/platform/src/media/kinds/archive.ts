/**
 * ZIP (PKWARE APPNOTE) and the office files that are made of it (ECMA-376 part 2). The central directory says what is in it; here it is read from
 * end to end and must account for the whole file, so that nobody finds another archive, or another file, in the same bytes.
 */
import { AppError } from '@parley/core';
import yauzl, { type Entry } from 'yauzl';
import type { FileBytes } from './file-bytes.ts';
import { damagedFile, incompleteFile, type Kind, notWhatItSays } from './kind.ts';

/** The part without which a program cannot open it. Newer programs number it at times. */
const mainParts: Partial<Record<Kind, RegExp>> = {
  docx: /^word\/document\d*\.xml$/i,
  xlsx: /^xl\/workbook\d*\.xml$/i,
  pptx: /^ppt\/presentation\d*\.xml$/i,
};

/** Bytes of an end record without its comment, and the most that a comment can have. */
const endRecord = 22;
const longestComment = 0xffff;
/** More say less about what somebody sends than about what they want to keep the server busy with. */
const mostEntries = 200_000;

/** `kind` is `zip` or an office file. Errors: AppError `MEDIA_INVALID_TYPE`. */
export async function verifyArchive(file: FileBytes, kind: Kind): Promise<void> {
  if (file.size < endRecord) throw incompleteFile('the directory of the archive is missing');
  const zip = await open(file);
  const main = mainParts[kind];
  const found = { first: Number.POSITIVE_INFINITY, types: false, main: false };
  try {
    if (zip.entryCount > mostEntries) throw notWhatItSays('The archive has too many entries');
    const directory = cursor(zip);
    for await (const entry of entries(zip)) {
      checkPlace(entry, directory);
      if (main && entry.isEncrypted()) throw notWhatItSays('The document is protected with a password');
      found.first = Math.min(found.first, entry.relativeOffsetOfLocalHeader);
      found.types ||= entry.fileName.toLowerCase() === '[content_types].xml';
      found.main ||= (main?.test(entry.fileName) ?? false) && entry.uncompressedSize > 0;
    }
    if (Math.min(found.first, directory) !== 0) throw damagedFile('something stands before the archive');
    await checkEnd(file, cursor(zip), zip.entryCount);
  } finally {
    zip.close();
  }
  if (main && !(found.types && found.main)) {
    throw notWhatItSays(
      `The file is an archive, but no ${kind.toUpperCase()} document: parts of one are missing`,
    );
  }
}

/** Where the next entry of the directory is read. The types of yauzl have it wrong. */
function cursor(zip: yauzl.ZipFile): number {
  return Number(zip.readEntryCursor);
}

async function open(file: FileBytes): Promise<yauzl.ZipFile> {
  try {
    return await yauzl.fromRandomAccessReaderPromise(new Reader(file), file.size, {
      lazyEntries: true,
      autoClose: false,
    });
  } catch (error) {
    throw readable(error);
  }
}

async function* entries(zip: yauzl.ZipFile): AsyncGenerator<Entry, void> {
  try {
    yield* zip.eachEntry();
  } catch (error) {
    throw readable(error);
  }
}

/** What yauzl found wrong, in words for people. Everything that is not about the file goes on as it is. */
function readable(error: unknown): unknown {
  if (error instanceof StoreError) return error.cause;
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : '';
  if (/End of central directory|comment length/.test(message)) {
    return incompleteFile('the directory of the archive is missing');
  }
  if (/relative path|absolute path|invalid characters/.test(message)) {
    return notWhatItSays('The archive holds a file that would be unpacked outside of its folder');
  }
  return damagedFile('the directory of the archive cannot be read');
}

/** Its local header and its data stand before the directory. */
function checkPlace(entry: Entry, directory: number): void {
  const least = 30 + entry.fileNameLength + entry.compressedSize;
  if (entry.relativeOffsetOfLocalHeader + least > directory) {
    throw damagedFile('the archive lists a file that is not in it');
  }
}

/** The end record, and for large archives a second one before it, must follow the directory at once, and agree with it. */
async function checkEnd(file: FileBytes, directoryEnd: number, entryCount: number): Promise<void> {
  const tail = await file.before(file.size, endRecord + longestComment);
  let at = tail.length - endRecord;
  while (at > 0 && tail.readUInt32LE(at) !== 0x06054b50) at--;
  let end = file.size - tail.length + at;
  const counts = [tail.readUInt16LE(at + 8), tail.readUInt16LE(at + 10)];
  if (counts.some((count) => count !== entryCount && count !== 0xffff)) {
    throw damagedFile('the archive does not have as many entries as it says');
  }
  if (end >= 20 && (await file.at(end - 20, 4)).readUInt32LE() === 0x07064b50) {
    end = Number((await file.at(end - 20, 20)).readBigUInt64LE(8));
  }
  if (directoryEnd !== end) throw damagedFile('the directory of the archive does not end where it should');
}

/** An error of the store, on its way through yauzl. */
class StoreError extends Error {}

class Reader extends yauzl.RandomAccessReader {
  readonly #file: FileBytes;

  constructor(file: FileBytes) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#file.at(position, length).then(
      (bytes) => {
        bytes.copy(buffer, offset);
        callback(null);
      },
      (error) => callback(error instanceof AppError ? error : new StoreError('read', { cause: error })),
    );
  }
}
