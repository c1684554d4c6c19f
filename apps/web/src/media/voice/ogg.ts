/** Writes Opus packets into Ogg pages (RFC 3533, RFC 7845). */
import { samplesOf } from './opus.ts';

/** Samples at 48 kHz that one page holds: about a second, so that players find their place in it. */
const pageSamples = 48_000;
const mostSegments = 255;

/** A whole Ogg file of one Opus stream; `head` is its `OpusHead`. Throws where there is no packet. */
export function writeOgg(head: Uint8Array, packets: readonly Uint8Array[], serial: number): Uint8Array {
  if (packets.length === 0) throw new Error('There is nothing in the recording');
  const pages: Uint8Array[] = [
    page({ packets: [head], flags: first, granule: 0, serial, sequence: 0 }),
    page({ packets: [tags()], flags: 0, granule: 0, serial, sequence: 1 }),
  ];
  let held: Uint8Array[] = [];
  let segments = 0;
  let begun = 0;
  let granule = 0;
  const flush = (flags: number) => {
    pages.push(page({ packets: held, flags, granule, serial, sequence: pages.length }));
    held = [];
    segments = 0;
    begun = granule;
  };
  for (const packet of packets) {
    const needed = segmentsOf(packet);
    if (held.length > 0 && (segments + needed > mostSegments || granule - begun >= pageSamples)) flush(0);
    held.push(packet);
    segments += needed;
    granule += samplesOf(packet);
  }
  flush(last);
  return concat(pages);
}

const first = 0x02;
const last = 0x04;

interface Page {
  readonly packets: readonly Uint8Array[];
  readonly flags: number;
  /** Samples up to the end of this page. */
  readonly granule: number;
  readonly serial: number;
  readonly sequence: number;
}

/** A packet ends with the first segment that is shorter than 255 bytes. */
function segmentsOf(packet: Uint8Array): number {
  return Math.floor(packet.length / 255) + 1;
}

function page({ packets, flags, granule, serial, sequence }: Page): Uint8Array {
  const lengths = packets.flatMap((packet) => {
    return [...Array<number>(segmentsOf(packet) - 1).fill(255), packet.length % 255];
  });
  const bytes = concat([new Uint8Array(27), Uint8Array.from(lengths), ...packets]);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigUint64(6, BigInt(granule), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  bytes[26] = lengths.length;
  view.setUint32(22, checksum(bytes), true);
  return bytes;
}

/** Who wrote it, and no comments (RFC 7845 section 5.2). */
function tags(): Uint8Array {
  const vendor = new TextEncoder().encode('Parley');
  const bytes = new Uint8Array(8 + 4 + vendor.length + 4);
  bytes.set(new TextEncoder().encode('OpusTags'));
  new DataView(bytes.buffer).setUint32(8, vendor.length, true);
  bytes.set(vendor, 12);
  return bytes;
}

/** The polynomial is 0x04c11db7, not reflected; the checksum itself counts as zeros. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum;
});

function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = ((sum << 8) ^ (table[((sum >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  return sum;
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
