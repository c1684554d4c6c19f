/**
 * How the file engine keeps the content type: behind the bytes of the object, in the same file, so that one rename makes
 * both visible and no crash can leave the type of another. `<object><content type><its length, 1 byte><mark, 4 bytes>`
 */
import type { FileHandle } from 'node:fs/promises';

const mark = Buffer.from('PMO1');
const fixed = 1 + mark.length;
/** The longest content type, and what stands behind it. */
const longest = 255 + fixed;

export function trailer(contentType: string): Buffer {
  const type = Buffer.from(contentType, 'latin1');
  return Buffer.concat([type, Buffer.from([type.length]), mark]);
}

/** Size and type of the object in a file. Errors: a plain Error where the file was not written by this engine. */
export async function readTrailer(
  file: FileHandle,
  fileSize: number,
): Promise<{ size: number; contentType: string }> {
  const start = Math.max(0, fileSize - longest);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(fileSize - start), 0, fileSize - start, start);
  const end = bytesRead - fixed;
  const length = end < 0 ? 0 : (buffer[end] as number);
  if (end < length || length === 0 || !buffer.subarray(end + 1).equals(mark)) {
    throw new Error('a file among the objects is damaged or was not put there by Parley');
  }
  return {
    size: fileSize - fixed - length,
    contentType: buffer.toString('latin1', end - length, end),
  };
}
