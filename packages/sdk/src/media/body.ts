/** The file's bytes on their way: counted, held against its size, and never more of them in memory than the network takes. */
import { ParleyError } from '../errors.ts';
import type { Source } from './source.ts';

/** Bytes that are handed on at a time: what is larger, like a file in memory, would go without anybody seeing how far it is. */
const pieceBytes = 64 * 1024;

/** What a source that fails becomes: it is not the network's fault. */
function unreadable(cause: unknown): ParleyError {
  if (cause instanceof ParleyError) return cause;
  return new ParleyError('BAD_REQUEST', 'The file cannot be read', { cause });
}

export interface BodyOptions {
  /** What goes before and behind the file. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** Hears how many bytes of the file were taken. */
  readonly moved: (loaded: number) => void;
  /** Resolves when more than the first piece may go. */
  readonly hold: () => Promise<void>;
}

/** A body that reads its file only as fast as it is itself read. */
export class Body {
  readonly stream: ReadableStream<Uint8Array>;
  /** Why the file could not be read, or was not as long as it should be. */
  failure: ParleyError | null = null;
  readonly #source: Source;
  readonly #options: BodyOptions;
  #reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  /** What was read and not handed on yet. */
  #rest: Uint8Array | undefined;
  #read = 0;
  #loaded = 0;
  #pieces = 0;
  #done = false;

  constructor(source: Source, options: BodyOptions) {
    this.#source = source;
    this.#options = options;
    // Nothing is read ahead: what is asked for is what the network can take.
    this.stream = new ReadableStream(
      { pull: (controller) => this.#pull(controller), cancel: () => this.close() },
      { highWaterMark: 0 },
    );
  }

  /** Lets go of the file; needed where the body was not read to its end. */
  close(): void {
    this.#done = true;
    void this.#reader?.cancel().catch(() => {});
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    try {
      const piece = await this.#next();
      if (piece) controller.enqueue(piece);
      else controller.close();
    } catch (cause) {
      this.failure = unreadable(cause);
      this.close();
      controller.error(this.failure);
    }
  }

  async #next(): Promise<Uint8Array | null> {
    if (this.#done) return null;
    const { head, tail, moved, hold } = this.#options;
    if (!this.#reader) {
      this.#reader = this.#source.open().getReader();
      return head;
    }
    moved(this.#loaded);
    if (this.#pieces++ === 1) await hold();
    // A stream may hold empty pieces.
    while (!this.#rest?.byteLength) {
      this.#rest = await this.#fill(this.#reader);
      if (!this.#rest) {
        this.#done = true;
        return tail;
      }
    }
    const piece = this.#rest.subarray(0, pieceBytes);
    this.#rest = this.#rest.subarray(pieceBytes);
    this.#loaded += piece.byteLength;
    return piece;
  }

  async #fill(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | undefined> {
    const { done, value } = await reader.read();
    if (!done && !ArrayBuffer.isView(value)) throw new TypeError('The stream does not hold bytes');
    this.#read += value?.byteLength ?? 0;
    const { size } = this.#source;
    if (done ? this.#read < size : this.#read > size) {
      throw new ParleyError('BAD_REQUEST', `The file does not have the ${size} bytes that it should have`);
    }
    return value;
  }
}
