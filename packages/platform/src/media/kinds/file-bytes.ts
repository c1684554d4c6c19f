/** A stored file that is looked into here and there, in bounded memory. */
import { Readable } from 'node:stream';
import { damagedFile, incompleteFile } from './kind.ts';

/** Gives bytes of a file, both ends included. */
export type ReadRange = (start: number, end: number) => Promise<Readable>;

const blockBytes = 128 * 1024;
/** Looking goes forward, or between two places at once, such as a table and what it points to. */
const blocksHeld = 6;
/**
 * Blocks that are loaded of one file at most, besides each once: files have what belongs together in one place. One that was made to keep
 * the server reading sends it from end to end for every few bytes.
 */
const blocksAgain = 256;

/** Reads blocks of 128 KB and holds the last few of them, so that walking through headers does not ask the store for each. For one reader at a time. */
export class FileBytes {
  readonly size: number;
  readonly #read: ReadRange;
  readonly #blocks = new Map<number, Buffer>();
  #loads = 0;

  constructor(read: ReadRange, size: number) {
    this.#read = read;
    this.size = size;
  }

  static of(bytes: Buffer): FileBytes {
    return new FileBytes(async (start, end) => Readable.from([bytes.subarray(start, end + 1)]), bytes.length);
  }

  /** Exactly `length` bytes, at most 256 KB. Errors: AppError `MEDIA_INVALID_TYPE` where they are not in the file. */
  async at(start: number, length: number): Promise<Buffer> {
    if (!Number.isSafeInteger(start) || start < 0 || length < 0 || start + length > this.size) {
      throw incompleteFile('it refers to something behind its end');
    }
    const parts: Buffer[] = [];
    for (let at = start; at < start + length; ) {
      const block = await this.#block(Math.floor(at / blockBytes));
      const from = at % blockBytes;
      const part = block.subarray(from, from + start + length - at);
      parts.push(part);
      at += part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  /** The last bytes of the first `end` bytes: `length` of them, or all. */
  async before(end: number, length: number): Promise<Buffer> {
    return this.at(Math.max(0, end - length), Math.min(length, end));
  }

  async #block(index: number): Promise<Buffer> {
    const held = this.#blocks.get(index);
    this.#blocks.delete(index);
    const block = held ?? (await this.#load(index));
    // The last to be used stands last.
    this.#blocks.set(index, block);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= blocksHeld) break;
      this.#blocks.delete(oldest);
    }
    return block;
  }

  async #load(index: number): Promise<Buffer> {
    if (++this.#loads > this.size / blockBytes + blocksAgain) {
      throw damagedFile('its parts are scattered all over it');
    }
    const start = index * blockBytes;
    const length = Math.min(blockBytes, this.size - start);
    const body = await this.#read(start, start + length - 1);
    const block = Buffer.alloc(length);
    let filled = 0;
    for await (const piece of body) {
      const bytes: Buffer = Buffer.from(piece);
      filled += bytes.copy(block, filled);
    }
    if (filled < length) throw new Error(`the store gave ${filled} bytes instead of ${length}`);
    return block;
  }
}
