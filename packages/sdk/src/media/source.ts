/** Whatever is to be uploaded, as one thing: so many bytes that can be opened, once or as often as needed. */
import { ParleyError } from '../errors.ts';
import type { UploadFile } from './types.ts';

export interface Source {
  /** Bytes. */
  readonly size: number;
  /** Empty where it has none. */
  readonly name: string;
  /** MIME type; empty where it is not known. */
  readonly mime: string;
  /** What a `Blob` can be made of without reading it; null for what comes as a stream, until it was made one. */
  part: BlobPart | null;
  /** Whether `open` can be called (again). */
  readonly readable: () => boolean;
  open(): ReadableStream<Uint8Array>;
}

/** Errors: `BAD_REQUEST` (no file, or a stream without its size). */
export function sourceOf(
  file: UploadFile,
  given: { filename?: string | undefined; size?: number | undefined },
): Source {
  const own = Object(file) as { name?: unknown; type?: unknown; size?: unknown };
  const named = {
    name: given.filename ?? (typeof own.name === 'string' ? own.name : ''),
    mime: typeof own.type === 'string' ? own.type : '',
  };
  if (file instanceof Blob) return { ...named, ...reopened(file), part: file };
  if (file instanceof ArrayBuffer || ArrayBuffer.isView(file)) {
    const bytes = file instanceof ArrayBuffer ? new Uint8Array(file) : file;
    const whole = { size: bytes.byteLength, stream: () => streamOf(bytes) };
    // One that is shared between threads cannot be in a Blob; there is none in browsers by default.
    return { ...named, ...reopened(whole), part: bytes as Uint8Array<ArrayBuffer> };
  }
  if (file instanceof ReadableStream) {
    if (!isSize(given.size)) throw new ParleyError('BAD_REQUEST', 'A stream needs its `size` in bytes');
    return { ...named, ...once(file, given.size), part: null };
  }
  if (!isSize(own.size) || typeof file.stream !== 'function') {
    throw new ParleyError('BAD_REQUEST', 'This is nothing that can be uploaded');
  }
  return { ...named, ...reopened(file), part: null };
}

type Readable = Pick<Source, 'size' | 'readable' | 'open'>;

function reopened(file: { readonly size: number; stream(): ReadableStream<Uint8Array> }): Readable {
  return { size: file.size, readable: () => true, open: () => file.stream() };
}

function once(stream: ReadableStream<Uint8Array>, size: number): Readable {
  let opened = false;
  return {
    size,
    readable: () => !opened,
    open() {
      opened = true;
      return stream;
    },
  };
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
