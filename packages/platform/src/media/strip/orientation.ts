/** Which side of a picture is up, from an EXIF block: a TIFF file whose first directory has the tag 0x0112 (EXIF 2.32, section 4.6). */

const orientationTag = 0x0112;
const shortType = 3;
/** Bytes of a directory entry. */
const entrySize = 12;
/** JPEG puts it before the TIFF header, and some writers of WebP and PNG do so too. */
const prefix = Buffer.from('Exif\0\0', 'latin1');

/** 1 to 8; undefined where the block does not say, or is damaged. Looks at the bytes given only. */
export function exifOrientation(block: Buffer): number | undefined {
  const tiff = block.subarray(0, prefix.length).equals(prefix) ? block.subarray(prefix.length) : block;
  if (tiff.length < 8) return undefined;
  const order = tiff.toString('latin1', 0, 2);
  if (order !== 'II' && order !== 'MM') return undefined;
  const little = order === 'II';
  const short = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const directory = long(4);
  if (short(2) !== 42 || directory + 2 > tiff.length) return undefined;
  const end = Math.min(directory + 2 + short(directory) * entrySize, tiff.length);
  for (let at = directory + 2; at + entrySize <= end; at += entrySize) {
    if (short(at) !== orientationTag) continue;
    if (short(at + 2) !== shortType || long(at + 4) !== 1) return undefined;
    const value = short(at + 8);
    return value >= 1 && value <= 8 ? value : undefined;
  }
  return undefined;
}
