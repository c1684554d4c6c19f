/** The headers of MP3 frames (ISO/IEC 11172-3 section 2.4.2.3, 13818-3) and of ADTS frames (ISO/IEC 13818-7 section 6.2). */

export interface Frame {
  /** Bytes, its header included; undefined where it does not say. */
  length: number | undefined;
  /** The same for all frames of one sound. */
  stream: number;
}

const rates = [44_100, 48_000, 32_000];
/** Kilobits a second of layer III: version 1, and versions 2 and 2.5. */
const bitRates = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
] as const;

/** Undefined where no such header stands there. */
export function readMp3Frame(bytes: Buffer, at: number): Frame | undefined {
  if (at + 4 > bytes.length) return undefined;
  const header = bytes.readUInt32BE(at);
  // Eleven set bits, then version 1, 2 or 2.5 (not the reserved one), and layer III.
  const version = (header >>> 19) & 3;
  if (header >>> 21 !== 0x7ff || version === 1 || ((header >>> 17) & 3) !== 1) return undefined;
  const rate = rates[(header >>> 10) & 3];
  const bitRate = bitRates[version === 3 ? 0 : 1][(header >>> 12) & 15];
  if (rate === undefined || bitRate === undefined || (header & 3) === 2) return undefined;
  // Version, layer and sampling rate.
  const stream = (header & 0xfffe0c00) >>> 0;
  if (bitRate === 0) return { length: undefined, stream };
  const slower = version === 3 ? 1 : version === 2 ? 2 : 4;
  const padding = (header >>> 9) & 1;
  const length = Math.floor(((version === 3 ? 144_000 : 72_000) * bitRate * slower) / rate) + padding;
  return { length, stream };
}

/** Undefined where no such header stands there. */
export function readAdtsFrame(bytes: Buffer, at: number): Frame | undefined {
  if (at + 7 > bytes.length) return undefined;
  const header = bytes.readUInt32BE(at);
  // Twelve set bits, any version, layer 0.
  if (header >>> 20 !== 0xfff || ((header >>> 17) & 3) !== 0) return undefined;
  const rate = (header >>> 10) & 15;
  const length = (bytes.readUIntBE(at + 3, 3) >>> 5) & 0x1fff;
  if (rate > 12 || length < 7) return undefined;
  // Version, profile and sampling rate.
  return { length, stream: (header & 0xfff8fc00) >>> 0 };
}

/** Bytes of the whole sound, as the `Xing` or `Info` header in the first frame has them; undefined where it does not. */
export function xingBytes(frame: Buffer): number | undefined {
  // Behind the side information, whose length depends on version and channels.
  const at = [36, 21, 13].find((place) => /^(?:Xing|Info)$/.test(frame.toString('latin1', place, place + 4)));
  if (at === undefined || at + 8 > frame.length) return undefined;
  const flags = frame.readUInt32BE(at + 4);
  const place = at + 8 + (flags & 1 ? 4 : 0);
  return flags & 2 && place + 4 <= frame.length ? frame.readUInt32BE(place) : undefined;
}
