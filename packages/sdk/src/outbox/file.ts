/** Files on their way into the outbox. */
import type { MediaType } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import { chunk } from '../lib/chunk.ts';
import { checkSize, nameOf, typeOf } from '../media/kinds.ts';
import { payloadOf, type Said } from '../media/payload.ts';
import { sourceOf } from '../media/source.ts';
import type { UploadFile } from '../media/types.ts';
import type { CallOptions } from '../procedures.ts';

/** What is sent with a file. */
export interface OutboxFileOptions extends Said, CallOptions {
  /** As what it is sent; what its MIME type or name says by default. */
  readonly type?: MediaType | undefined;
  /** Id of the message that it replies to. */
  readonly replyTo?: string | undefined;
  /** By default the file's own name. */
  readonly filename?: string | undefined;
  /** Bytes; needed for a `ReadableStream` alone. */
  readonly size?: number | undefined;
  /** UUID: the same id is stored once, for ever. That of a file that failed sends it again. */
  readonly clientMsgId?: string | undefined;
}

/** Bytes of a file that is kept over restarts. */
const largestKept = 64 * 2 ** 20;

/** A file, and what a message says of it. */
export interface FileDraft {
  readonly type: MediaType;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly described: { readonly name: string; readonly mime_type: string; readonly size_bytes: number };
  readonly file: UploadFile;
}

/** Looks at a file. Errors: `MEDIA_INVALID_TYPE`, `MEDIA_TOO_LARGE`, `BAD_REQUEST` (no file), `VALIDATION_ERROR` (caption). */
export function describe(file: UploadFile, options: OutboxFileOptions): FileDraft {
  const source = sourceOf(file, options);
  const type = options.type ?? typeOf(source);
  if (!type) throw new ParleyError('MEDIA_INVALID_TYPE');
  checkSize(type, source.size);
  const { mime, size } = source;
  return {
    type,
    payload: payloadOf(type, source, options),
    described: { name: nameOf(source, type), mime_type: mime, size_bytes: size },
    // Bytes may change when the call has returned; a Blob does not.
    file: source.part === null || file instanceof Blob ? file : new Blob([source.part], { type: mime }),
  };
}

/** What reads files comes with all that moves them. */
const reading = chunk(
  () => import('../media/transfers.ts'),
  ({ collected, durationOf }) => ({ collected, durationOf }),
);

/** Null where it cannot be had now. */
function readers(signal: AbortSignal) {
  return reading.load(signal).catch(() => null);
}

/** What can be kept of a file: a Blob of what is small enough; else what was given. Errors: `BAD_REQUEST` (it cannot be read). */
export async function keepable(
  file: UploadFile,
  described: FileDraft['described'],
  signal: AbortSignal,
): Promise<UploadFile> {
  if (file instanceof Blob || described.size_bytes > largestKept) return file;
  const source = sourceOf(file, { size: described.size_bytes });
  const blob = await (await readers(signal))?.collected(source, signal, () => {});
  if (!blob) return file;
  return new Blob([blob], { type: described.mime_type });
}

/** Whether it goes into the database. */
export function isKept(file: UploadFile | null): file is Blob {
  return file instanceof Blob && file.size <= largestKept;
}

/** The rest of the payload, which takes a moment to find out: how long a sound is. */
export async function measured(
  type: string,
  payload: Readonly<Record<string, unknown>>,
  file: UploadFile,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  if (type !== 'audio' || payload.duration_ms) return payload;
  return { ...payload, duration_ms: (await (await readers(signal))?.durationOf(file)) ?? 0 };
}

export function notKept(): ParleyError {
  return new ParleyError('BAD_REQUEST', 'The file was not kept over the restart: pick it again');
}
