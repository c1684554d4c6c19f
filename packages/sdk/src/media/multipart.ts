/** `multipart/form-data` as browsers write it (RFC 7578; HTML, "multipart/form-data encoding algorithm"): text fields first, then the file. */
import { randomUuid } from '../lib/uuid.ts';

export interface Multipart {
  readonly contentType: string;
  /** What goes before and behind the file's bytes. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

export interface Part {
  readonly name: string;
  /** MIME type. */
  readonly mime: string;
}

/** Makes what stands around a file, which is the field `file`. */
export function multipart(fields: Readonly<Record<string, string>>, file: Part): Multipart {
  const boundary = `parley-${randomUuid()}`;
  const line = (text: string) => `--${boundary}\r\nContent-Disposition: form-data; ${text}\r\n`;
  const texts = Object.entries(fields).map(([name, value]) => `${line(`name="${name}"`)}\r\n${value}\r\n`);
  // A header must not end where somebody's MIME type says so.
  const mime = /^[\x20-\x7e]+$/.test(file.mime) ? file.mime : 'application/octet-stream';
  const begin = line(`name="file"; filename="${escaped(file.name)}"`);
  const encoder = new TextEncoder();
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    head: encoder.encode(`${texts.join('')}${begin}Content-Type: ${mime}\r\n\r\n`),
    tail: encoder.encode(`\r\n--${boundary}--\r\n`),
  };
}

/** In UTF-8, with only those characters escaped that would end the name. */
function escaped(name: string): string {
  return name.replace(/[\r\n"]/g, encodeURIComponent);
}
