/** What a file is by its first bytes, and by its name where these leave it open. */
import { fileTypeFromBuffer } from 'file-type';
import {
  compoundFileGuess,
  compoundFileSignature,
  type Finding,
  isIsoMedia,
  isoMediaKind,
  oggKind,
} from './container.ts';
import { claimedDocument, claimsOtherArchive, extensionOf } from './filename.ts';
import { type Kind, kinds } from './kind.ts';
import { markedText } from './text.ts';

/** Bytes to look at: a compound file or an archive may tell what it is only after some kilobytes. */
export const headBytes = 8192;

/** `other` where it is nothing that is accepted. */
export async function detect(head: Buffer, filename: string | null): Promise<Finding> {
  if (head.toString('latin1', 0, 5) === '%PDF-') return 'pdf';
  const text = markedText(head);
  if (text) return text;
  // Before all others: what is text from end to end cannot be one of them, but may begin with letters that look like it ("BMW", "ID3 tags").
  if (looksLikeText(head)) return 'txt';
  if (head.subarray(0, 8).equals(compoundFileSignature)) return compoundFile(head, filename);
  if (isIsoMedia(head)) return isoMediaKind(head);
  const start = head.toString('latin1', 0, 4);
  if (start === 'OggS') return oggKind(head);
  if (start === 'PK\x03\x04') return archive(head, filename);
  // The end record alone: an archive of nothing.
  if (start === 'PK\x05\x06') return 'zip';
  return bySignature(head, filename);
}

/** Only its characters: whether they are markup is for the check of the whole to say. */
function looksLikeText(head: Buffer): boolean {
  const bytes = new Uint8Array(head);
  if (bytes.some((byte) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(byte))) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function compoundFile(head: Buffer, filename: string | null): Finding {
  const claimed = claimedDocument(filename);
  if (claimed === 'doc' || claimed === 'xls' || claimed === 'ppt') return claimed;
  return compoundFileGuess(head) ?? 'other';
}

const officeKinds: readonly Kind[] = ['docx', 'xlsx', 'pptx'];

/** An archive says what it is by its entries, of which only the first are seen here: the name decides what the whole is then held against. */
async function archive(head: Buffer, filename: string | null): Promise<Finding> {
  const claimed = claimedDocument(filename);
  // Whatever is in it, it is an archive.
  if (claimed === 'zip') return 'zip';
  if (claimsOtherArchive(filename)) return 'other';
  const mime = (await fileType(head))?.mime;
  const seen = officeKinds.find((kind) => kinds[kind].mimeType === mime);
  if (seen) return seen;
  if (mime !== 'application/zip' && mime !== undefined) return 'other';
  return claimed && officeKinds.includes(claimed) ? claimed : 'zip';
}

const signatures: Readonly<Record<string, Kind>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/apng': 'png',
  'image/webp': 'webp',
  'video/matroska': 'mkv',
  'video/x-matroska': 'mkv',
  'audio/aac': 'aac',
};

async function bySignature(head: Buffer, filename: string | null): Promise<Finding> {
  if (/^GIF8[79]a$/.test(head.toString('latin1', 0, 6))) return 'gif';
  const found = await fileType(head);
  // A tag that is longer than what is seen hides what it stands before.
  if (head.toString('latin1', 0, 3) === 'ID3' && (!found || found.ext === 'mp3')) {
    return tagFits(head) || extensionOf(filename) !== 'aac' ? 'mp3' : 'aac';
  }
  if (!found) return 'other';
  return found.ext === 'mp3' ? 'mp3' : (signatures[found.mime] ?? 'other');
}

/** ID3v2.4 section 3.1: the size is four bytes of seven bits. */
function tagFits(head: Buffer): boolean {
  const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 10);
  return size + 4 <= head.length;
}

/** Undefined where it knows none; bytes that make no sense to it are no error. */
async function fileType(head: Buffer): Promise<{ ext: string; mime: string } | undefined> {
  try {
    return await fileTypeFromBuffer(new Uint8Array(head), {
      mpegOffsetTolerance: 10,
      maxBufferSize: 2 ** 20,
    });
  } catch {
    return undefined;
  }
}
