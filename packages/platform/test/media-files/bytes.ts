/** Streams and what comes out of them, for tests. */
import { Readable } from 'node:stream';
import { AppError } from '@parley/core';

/** Cut where `sizes` say, over and over. */
export function cut(bytes: Buffer, sizes: readonly number[] = [65_536]): Readable {
  const pieces = function* () {
    for (let at = 0, n = 0; at < bytes.length; n++) {
      const size = sizes[n % sizes.length] ?? 1;
      yield bytes.subarray(at, at + size);
      at += size;
    }
  };
  return Readable.from(pieces(), { objectMode: false });
}

export async function collect(body: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces);
}

/** `CODE: message` of the AppError that it fails with, `done` where it does not fail. Every other error is thrown. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof AppError) return `${error.code}: ${error.message}`;
    throw error;
  }
}
