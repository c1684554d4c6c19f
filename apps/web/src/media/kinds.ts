/** Which files can be sent, and as what (contract section 2, Media). The server looks at the bytes; this is to say so before anything is sent. */
import type { MediaType } from '@parley/sdk';

const mebibyte = 2 ** 20;

/** Bytes that a file may have. */
export const largest: Readonly<Record<MediaType, number>> = {
  image: 16 * mebibyte,
  video: 64 * mebibyte,
  audio: 16 * mebibyte,
  document: 100 * mebibyte,
};

const endings: Readonly<Record<MediaType, readonly string[]>> = {
  image: ['jpg', 'jpeg', 'png', 'webp', 'gif'],
  video: ['mp4', 'm4v', '3gp', 'mkv'],
  audio: ['aac', 'm4a', 'ogg', 'oga', 'mp3', 'opus'],
  document: ['pdf', 'doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'txt', 'zip'],
};

const mimes: Readonly<Record<string, MediaType>> = {
  'image/jpeg': 'image',
  'image/png': 'image',
  'image/webp': 'image',
  'image/gif': 'image',
  'video/mp4': 'video',
  'video/3gpp': 'video',
  'video/matroska': 'video',
  'video/x-matroska': 'video',
  'application/pdf': 'document',
  'text/plain': 'document',
  'application/zip': 'document',
};

/** What a file picker offers. */
export const accepts = {
  visual: [...endings.image, ...endings.video].map((ending) => `.${ending}`).join(','),
  photo: 'image/jpeg,image/png,image/webp,image/gif',
  document: [...endings.document, ...endings.audio].map((ending) => `.${ending}`).join(','),
};

/** By the end of its name, else by its MIME type; undefined where it cannot be sent. */
export function kindOf({ name, type }: { name: string; type: string }): MediaType | undefined {
  const ending = /\.(\w+)$/.exec(name.toLowerCase())?.[1] ?? '';
  const types = Object.keys(endings) as MediaType[];
  return types.find((kind) => endings[kind].includes(ending)) ?? mimes[type.split(';')[0] ?? ''];
}

/** Why a file cannot be sent; null where it can. */
export type Refusal = 'kind' | 'size' | 'empty';

export function refusalOf(file: { name: string; type: string; size: number }): Refusal | null {
  const kind = kindOf(file);
  if (!kind) return 'kind';
  if (file.size === 0) return 'empty';
  return file.size > largest[kind] ? 'size' : null;
}
