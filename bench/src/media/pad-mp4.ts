/** The smallest box: its size and its name. */
const boxHead = 8;

/** An MP4 of exactly so many bytes, by a box that players skip (ISO/IEC 14496-12, section 8.1.2). Errors: it has more already. */
export function padMp4(mp4: Buffer, bytes: number): Buffer {
  const missing = bytes - mp4.length;
  if (missing === 0) return mp4;
  if (missing < boxHead) throw new Error(`a video of ${mp4.length} bytes cannot have ${bytes}`);
  // Not zeros, which a file system or a network might have an easier time with.
  const free = Buffer.alloc(missing, 'Parley');
  free.writeUInt32BE(missing);
  free.write('free', 4, 'latin1');
  return Buffer.concat([mp4, free]);
}
