/** Values of records as JSON texts, their `Blob`s apart. */
import { randomUUID } from 'node:crypto';

/** A `Blob` and the file that is to hold it. */
export interface BlobFile {
  readonly file: string;
  readonly blob: Blob;
}

export interface Encoded {
  readonly text: string;
  /** Names of the files of its Blobs. */
  readonly files: readonly string[];
}

/**
 * Where a Blob was there is a text that begins with `marker`, which nobody else knows. Throws a `TypeError` for what JSON would keep as
 * something else.
 */
export function encode(value: unknown, marker: string): Encoded & { readonly blobs: readonly BlobFile[] } {
  const blobs: BlobFile[] = [];
  const text = JSON.stringify(value, function replace(this: Record<string, unknown>, key: string) {
    // Not what `toJSON` made of it.
    const part = this[key];
    if (part instanceof Blob) {
      const file = randomUUID();
      blobs.push({ file, blob: part });
      return `${marker}${file}${part.type}`;
    }
    if (!isPlain(part))
      throw new TypeError('A record can hold plain objects, arrays, numbers, texts and Blobs');
    return part;
  });
  return { text, files: blobs.map(({ file }) => file), blobs };
}

/** The value again; `open` makes a Blob of a file. */
export async function decode(
  { text, files }: Encoded,
  marker: string,
  open: (file: string, type: string) => Promise<Blob>,
): Promise<unknown> {
  if (files.length === 0) return JSON.parse(text);
  const blobs = new Map<string, Blob>();
  for (const part of filesOf(text, marker)) blobs.set(part.text, await open(part.file, part.type));
  return JSON.parse(text, (_, part) => blobs.get(part) ?? part);
}

/** The Blobs' places in a text. */
export function filesOf(text: string, marker: string): { text: string; file: string; type: string }[] {
  const found: { text: string; file: string; type: string }[] = [];
  if (!text.includes(marker)) return found;
  JSON.parse(text, (_, part: unknown) => {
    if (typeof part === 'string' && part.startsWith(marker)) {
      const at = marker.length;
      found.push({ text: part, file: part.slice(at, at + 36), type: part.slice(at + 36) });
    }
    return part;
  });
  return found;
}

function isPlain(part: unknown): boolean {
  if (typeof part === 'number') return Number.isFinite(part);
  if (typeof part !== 'object') return ['string', 'boolean', 'undefined'].includes(typeof part);
  if (part === null || Array.isArray(part)) return true;
  const prototype: unknown = Object.getPrototypeOf(part);
  return prototype === Object.prototype || prototype === null;
}

/** A write as a line of the journal. */
export function lineOf(changes: readonly { key: string; value: Encoded | null }[]): string {
  const parts = changes.map(({ key, value }) => {
    return value ? `[${JSON.stringify(key)},${value.text}]` : `[${JSON.stringify(key)}]`;
  });
  return `{"write":[${parts.join(',')}]}`;
}

/** Bytes of a record in it, about. */
export function sizeOf(key: string, { text }: Encoded): number {
  return Buffer.byteLength(key) + Buffer.byteLength(text) + 18;
}

/** A line as an object; an empty one where it is none. */
export function parsed(line: string): Record<string, unknown> {
  try {
    return { ...Object(JSON.parse(line)) };
  } catch {
    return {};
  }
}
