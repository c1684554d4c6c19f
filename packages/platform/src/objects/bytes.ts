/** Streams in bounded memory. */
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/**
 * Cuts a stream into blocks of `size` bytes; the last is what is left, and an empty stream gives one empty block. The next
 * block is written over the last one: be done with it before asking. An error of the stream is thrown as it is.
 */
export async function* blocks(body: Readable, size: number): AsyncGenerator<Buffer, void> {
  let block: Buffer = Buffer.allocUnsafeSlow(Math.min(size, 65_536));
  let filled = 0;
  let given = false;
  for await (const piece of body) {
    const chunk: Buffer = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
    for (let at = 0; at < chunk.length; ) {
      if (filled === block.length) block = enlarged(block, size);
      const count = chunk.copy(block, filled, at);
      at += count;
      filled += count;
      if (filled < size) continue;
      yield block;
      given = true;
      filled = 0;
    }
  }
  if (filled > 0 || !given) yield block.subarray(0, filled);
}

/** Small objects are many: they must not cost a whole block each. */
function enlarged(block: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.min(size, block.length * 4));
  block.copy(larger);
  return larger;
}

/**
 * An error that the stream reports while nobody reads it yet would end the process; whoever reads later still gets it.
 * Call this before the first `await`.
 */
export function keepError(body: Readable): void {
  body.on('error', () => {});
}

/** Writes all of it where the file ends. */
export async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}
