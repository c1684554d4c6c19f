/** The payload of a message that carries a file (contract section 2, Messages). */
import type { InputOf, Media, MediaType } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import { limits } from '../limits.ts';
import { nameOf } from './kinds.ts';
import type { Source } from './source.ts';

type Payload = InputOf<'messages.send'>['payload'];

/** What is said with a file. */
export interface Said {
  /** At most 1,024 characters; not of a sound. */
  readonly caption?: string | undefined;
  /** Of a sound, in milliseconds; 0 where it is not known. */
  readonly durationMs?: number | undefined;
}

const longestAudio = 24 * 3600 * 1000;

function length(text: string): number {
  return [...text].length;
}

/** The part of the payload that is known before the upload. Errors: `VALIDATION_ERROR` (caption). */
export function payloadOf(
  type: MediaType,
  file: Pick<Source, 'name' | 'mime'>,
  { caption, durationMs = 0 }: Said,
): Record<string, unknown> {
  checkCaption(caption);
  if (type === 'audio') return { duration_ms: Math.min(longestAudio, Math.max(0, Math.round(durationMs))) };
  const captioned = caption === undefined ? {} : { caption };
  if (type !== 'document') return captioned;
  const name = nameOf(file, type);
  // One that is too long is shortened by the server.
  return length(name) > limits.filename ? captioned : { ...captioned, filename: name };
}

/** The whole of it. */
export function carrying(payload: Readonly<Record<string, unknown>>, media: Media): Payload {
  const { type, media_id } = media;
  const found = {
    ...(type === 'audio' && !payload.duration_ms ? { duration_ms: media.duration_ms ?? 0 } : {}),
    ...(type === 'document' && !payload.filename ? { filename: media.filename ?? type } : {}),
  };
  return { ...payload, ...found, media_id } as Payload;
}

/** Errors: `VALIDATION_ERROR`. */
export function checkCaption(caption: string | undefined): void {
  if (caption === undefined || length(caption) <= limits.caption) return;
  const details = [{ path: 'payload.caption', message: `must have at most ${limits.caption} characters` }];
  throw new ParleyError('VALIDATION_ERROR', undefined, { details });
}
