/** The kinds of files that are accepted (contract section 2, Media), and what is said of those that are not. */
import type { MediaType } from '@parley/contract';
import { AppError } from '@parley/core';

/** What one kind of file is. `type` is what it is where nothing else was said. */
interface Accepted {
  readonly type: MediaType;
  readonly mimeType: string;
}

const office = 'application/vnd.openxmlformats-officedocument';

export const kinds = {
  jpeg: { type: 'image', mimeType: 'image/jpeg' },
  png: { type: 'image', mimeType: 'image/png' },
  webp: { type: 'image', mimeType: 'image/webp' },
  gif: { type: 'image', mimeType: 'image/gif' },
  mp4: { type: 'video', mimeType: 'video/mp4' },
  '3gp': { type: 'video', mimeType: 'video/3gpp' },
  mkv: { type: 'video', mimeType: 'video/x-matroska' },
  m4a: { type: 'audio', mimeType: 'audio/mp4' },
  aac: { type: 'audio', mimeType: 'audio/aac' },
  ogg: { type: 'audio', mimeType: 'audio/ogg' },
  opus: { type: 'audio', mimeType: 'audio/ogg; codecs=opus' },
  mp3: { type: 'audio', mimeType: 'audio/mpeg' },
  pdf: { type: 'document', mimeType: 'application/pdf' },
  doc: { type: 'document', mimeType: 'application/msword' },
  xls: { type: 'document', mimeType: 'application/vnd.ms-excel' },
  ppt: { type: 'document', mimeType: 'application/vnd.ms-powerpoint' },
  docx: { type: 'document', mimeType: `${office}.wordprocessingml.document` },
  xlsx: { type: 'document', mimeType: `${office}.spreadsheetml.sheet` },
  pptx: { type: 'document', mimeType: `${office}.presentationml.presentation` },
  zip: { type: 'document', mimeType: 'application/zip' },
  txt: { type: 'document', mimeType: 'text/plain; charset=utf-8' },
  'txt-utf-16le': { type: 'document', mimeType: 'text/plain; charset=utf-16le' },
  'txt-utf-16be': { type: 'document', mimeType: 'text/plain; charset=utf-16be' },
} as const satisfies Record<string, Accepted>;

export type Kind = keyof typeof kinds;

/** The kind that has this MIME type, as `receiveFile` gave it. */
export function kindOf(mimeType: string): Kind | undefined {
  return (Object.keys(kinds) as Kind[]).find((kind) => kinds[kind].mimeType === mimeType);
}

const accepted: Record<MediaType, string> = {
  image: 'an image must be JPEG, PNG, WebP or GIF',
  video: 'a video must be MP4, 3GP or MKV',
  audio: 'audio must be AAC, OGG, MP3 or Opus',
  document: 'a document must be PDF, DOC, DOCX, XLS, XLSX, PPT, PPTX, TXT or ZIP',
};

/** Says what is accepted instead; of every type where none was named. */
export function notAccepted(type: MediaType | null, why = 'This kind of file is not accepted'): AppError {
  const instead = type === null ? Object.values(accepted).join('; ') : accepted[type];
  return new AppError('MEDIA_INVALID_TYPE', `${why}: ${instead}`);
}

/** `what` ends the sentence. */
export function incompleteFile(what: string): AppError {
  return new AppError('MEDIA_INVALID_TYPE', `The file is incomplete: ${what}`);
}

/** `what` ends the sentence. */
export function damagedFile(what: string): AppError {
  return new AppError('MEDIA_INVALID_TYPE', `The file is damaged: ${what}`);
}

/** It is whole, but not what it claims to be, or something else as well. */
export function notWhatItSays(message: string): AppError {
  return new AppError('MEDIA_INVALID_TYPE', message);
}
