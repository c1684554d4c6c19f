/** Which kind a container holds, by its first bytes: ISO base media files (ISO/IEC 14496-12), Ogg (RFC 3533) and compound files. */
import type { Kind } from './kind.ts';

/** What its first bytes say: a kind that is accepted, or that it is none. */
export type Finding = Kind | 'other';

const mp4Brand =
  /^(?:isom|iso[2-9a-z]|mp4[12]|mp71|avc1|hvc1|hev1|dash|msdh|cmf[2cfsl]|M4V.|MSNV|XAVC|f4v |mmp4|NDS.|NDX.|isml|piff|dby1)$/;
const soundBrand = /^M4[AB] $/;
/** Still pictures, QuickTime, 3GPP2 and protected sound share the container, and may name MP4 as compatible. */
const otherBrand =
  /^(?:qt {2}|mif[12]|msf1|he(?:ic|ix|im|is|vc|vx|vm|vs)|avi[fso]|avc[is]|j2ki|j2is|jpeg|jpgs|jp2 |jpx |jpm |mjp2|crx |3g2.|M4P |jxl |vvic|evbi)$/;

export function isIsoMedia(head: Buffer): boolean {
  return head.toString('latin1', 4, 8) === 'ftyp';
}

/** By its brands: the major one first, then those that it names as compatible. */
export function isoMediaKind(head: Buffer): Finding {
  const end = Math.min(head.readUInt32BE(), head.length);
  const brandAt = (at: number) => head.toString('latin1', at, at + 4).replaceAll('\0', ' ');
  const major = brandAt(8);
  if (end < 16 || otherBrand.test(major)) return 'other';
  if (soundBrand.test(major)) return 'm4a';
  if (/^3g[a-z]/.test(major) || /^3gp/.test(major)) return '3gp';
  if (mp4Brand.test(major)) return 'mp4';
  for (let at = 16; at + 4 <= end; at += 4) if (mp4Brand.test(brandAt(at))) return 'mp4';
  return 'other';
}

const oggSound = ['\x01vorbis', 'OpusHead', 'Speex   ', '\x7fFLAC', 'CELT    ', 'PCM     '];

/** The first pages tell of each stream within. Sound only, with or without a skeleton. */
export function oggKind(head: Buffer): Finding {
  const found = new Set<Finding>();
  for (let at = 0; at + 28 <= head.length && head.toString('latin1', at, at + 4) === 'OggS'; ) {
    const segments = head.readUInt8(at + 26);
    // Not the first page of a stream: all that there are have been seen.
    if ((head.readUInt8(at + 5) & 0x02) === 0 || at + 27 + segments > head.length) break;
    const data = at + 27 + segments;
    const codec = head.toString('latin1', data, data + 8);
    if (codec === 'OpusHead') found.add('opus');
    else if (oggSound.some((name) => codec.startsWith(name))) found.add('ogg');
    else if (!codec.startsWith('fishead\0')) return 'other';
    at = data + head.subarray(at + 27, data).reduce((sum, length) => sum + length, 0);
  }
  if (found.size === 0) return 'other';
  return found.size === 1 && found.has('opus') ? 'opus' : 'ogg';
}

export const compoundFileSignature = Buffer.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1);

const streams = [
  ['ppt', 'PowerPoint Document'],
  ['doc', 'WordDocument'],
  ['xls', 'Workbook'],
] as const;

/** The directory may stand anywhere, so this is a guess, by a name that happens to stand in the first bytes, or by how the data begins. */
export function compoundFileGuess(head: Buffer): Kind | undefined {
  for (const [kind, name] of streams) if (head.includes(Buffer.from(name, 'utf16le'))) return kind;
  if (head.length < 520) return undefined;
  const first = head.readUInt32BE(512);
  if (first >>> 16 === 0xeca5) return 'doc';
  if (first === 0x09081000) return 'xls';
  return [0x006e1ef0, 0x0f00e803, 0xa0461df0].includes(first) ? 'ppt' : undefined;
}
