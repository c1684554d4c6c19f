/**
 * Reads what browsers record into WebM (Matroska, RFC 9559; EBML, RFC 8794): the packets of the one sound in it. A recording is written as
 * it goes, so its segment and clusters may have no known size: elements are read in a row, and those that hold others are entered.
 */

/** The sound within. */
export interface WebmSound {
  readonly codec: string;
  /** What the decoder needs first; of Opus the `OpusHead` (RFC 7845 section 5.1). */
  readonly setup: Uint8Array;
  readonly packets: readonly Uint8Array[];
}

const segment = 0x18538067;
const tracks = 0x1654ae6b;
const trackEntry = 0xae;
const codecId = 0x86;
const codecPrivate = 0x63a2;
const cluster = 0x1f43b675;
const blockGroup = 0xa0;
const block = 0xa1;
const simpleBlock = 0xa3;
const entered: readonly number[] = [segment, tracks, trackEntry, cluster, blockGroup];

/** Throws where it is no such file. What was cut off at the end is left out. */
export function readWebm(bytes: Uint8Array): WebmSound {
  let codec = '';
  let setup = new Uint8Array();
  const packets: Uint8Array[] = [];
  if (readId(bytes, 0)?.value !== 0x1a45dfa3) throw new Error('This is no WebM');
  for (let at = 0; at < bytes.length; ) {
    const id = readId(bytes, at);
    const size = id && readSize(bytes, at + id.length);
    if (!id || !size) break;
    const start = at + id.length + size.length;
    if (entered.includes(id.value)) {
      at = start;
      continue;
    }
    const end = start + size.value;
    // Only what holds others may have no known size.
    if (end > bytes.length) break;
    const content = bytes.subarray(start, end);
    if (id.value === codecId) codec = new TextDecoder().decode(content);
    if (id.value === codecPrivate) setup = content.slice();
    if (id.value === simpleBlock || id.value === block) packets.push(packetOf(content));
    at = end;
  }
  return { codec, setup, packets };
}

/** A block begins with its track, its time (16 bits) and flags (RFC 9559 section 10). */
function packetOf(content: Uint8Array): Uint8Array {
  const track = readSize(content, 0);
  const flags = track && content[track.length + 2];
  if (!track || flags === undefined) throw new Error('A block of the WebM is cut off');
  if (flags & 0x06) throw new Error('The WebM has several packets in a block');
  return content.subarray(track.length + 3);
}

interface Read {
  readonly value: number;
  /** Bytes that it took. */
  readonly length: number;
}

/** An id keeps the bits that tell its length. */
function readId(bytes: Uint8Array, at: number): Read | undefined {
  const length = lengthAt(bytes, at);
  if (length === undefined || length > 4) return undefined;
  const value = bytes.subarray(at, at + length).reduce((sum, byte) => sum * 256 + byte, 0);
  return { value, length };
}

/** A size does not; one of which all bits are set is not known, which reads as infinite. */
function readSize(bytes: Uint8Array, at: number): Read | undefined {
  const length = lengthAt(bytes, at);
  if (length === undefined) return undefined;
  // Without that bit from the beginning: eight bytes with it are more than a number can hold.
  const first = (bytes[at] ?? 0) & (0xff >> length);
  const rest = bytes.subarray(at + 1, at + length);
  const unknown = first === 0xff >> length && rest.every((byte) => byte === 0xff);
  const value = rest.reduce((sum, byte) => sum * 256 + byte, first);
  return { value: unknown ? Number.POSITIVE_INFINITY : value, length };
}

/** The place of the first set bit is the number of bytes. */
function lengthAt(bytes: Uint8Array, at: number): number | undefined {
  const first = bytes[at];
  if (first === undefined || first === 0) return undefined;
  const length = Math.clz32(first) - 23;
  return at + length <= bytes.length ? length : undefined;
}
