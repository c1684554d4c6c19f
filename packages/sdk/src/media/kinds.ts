/** Types of files (contract section 2, Media), as far as names and MIME types tell them. The server looks at the bytes. */
import type { MediaType } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Source } from './source.ts';

/** Each type with its MIME types and the ends of its names. */
const kinds: readonly (readonly [MediaType, RegExp, RegExp])[] = [
  ['image', /^image\/(jpe?g|png|webp|gif)$/, /\.(jpe?g|png|webp|gif)$/],
  ['video', /^video\/(mp4|3gpp?|(x-)?matroska)$/, /\.(mp4|m4v|3gp|mkv)$/],
  ['audio', /^audio\/((x-)?aac|mp4|x-m4a|ogg|mpeg|mp3|opus)$/, /\.(aac|m4a|og[ag]|mp3|opus)$/],
  [
    'document',
    /^(text\/plain|application\/(pdf|msword|(x-)?zip(-compressed)?|vnd\.(ms-(excel|powerpoint)|openxml.+\.(document|sheet|presentation))))$/,
    /\.(pdf|docx?|xlsx?|pptx?|txt|zip)$/,
  ],
];

/** The MIME type decides, else the end of the name; undefined where neither is known. Either may be empty. */
export function typeOf({ name, mime }: Pick<Source, 'name' | 'mime'>): MediaType | undefined {
  const essence = essenceOf(mime);
  const found =
    kinds.find(([, mimes]) => mimes.test(essence)) ??
    kinds.find(([, , ends]) => ends.test(name.toLowerCase()));
  return found?.[0];
}

function essenceOf(mime: string): string {
  return (mime.split(';')[0] ?? '').trim().toLowerCase();
}

/** What a file is called: one without a name like `image.png`. */
export function nameOf({ name, mime }: Pick<Source, 'name' | 'mime'>, type: MediaType): string {
  const ending = /\/(\w{3,4})$/.exec(essenceOf(mime))?.[1];
  return name || (ending ? `${type}.${ending}` : type);
}

/** Refuses what the server would refuse after all of it was sent. Errors: `MEDIA_TOO_LARGE`. */
export function checkSize(type: MediaType, size: number): void {
  const most = limits.mediaBytes[type];
  if (size <= most) return;
  throw new ParleyError('MEDIA_TOO_LARGE', `A file of type ${type} may have ${most / 2 ** 20} MB at most`);
}
