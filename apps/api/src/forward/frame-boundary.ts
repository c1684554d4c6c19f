/**
 * Follows the WebSocket frames of one direction (RFC 6455 section 5.2) without touching them, to know where one ends: only
 * there may a frame of our own be put in between.
 */
const maxHeader = 14;
const closeOpcode = 8;

export class FrameBoundary {
  readonly #header = Buffer.alloc(maxHeader);
  #headerSize = 0;
  /** Bytes of the present frame's payload that are still to come. */
  #payload = 0;
  #closed = false;

  /** All bytes so far were whole frames. */
  get here(): boolean {
    return this.#headerSize === 0 && this.#payload === 0;
  }

  /** A close frame went by. */
  get closed(): boolean {
    return this.#closed;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payload > 0) {
        const step = Math.min(this.#payload, chunk.length - at);
        this.#payload -= step;
        at += step;
      } else {
        this.#header[this.#headerSize++] = chunk[at++] as number;
        this.#readHeader();
      }
    }
  }

  #readHeader(): void {
    const [first, second] = this.#header as unknown as [number, number];
    if (this.#headerSize < 2) return;
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const mask = second & 0x80 ? 4 : 0;
    if (this.#headerSize < 2 + extended + mask) return;
    this.#payload =
      extended === 0
        ? short
        : extended === 2
          ? this.#header.readUInt16BE(2)
          : Number(this.#header.readBigUInt64BE(2));
    this.#headerSize = 0;
    if ((first & 0x0f) === closeOpcode) this.#closed = true;
  }
}

/** An unmasked close frame, as servers send it. */
export function closeFrame(code: number): Buffer {
  const frame = Buffer.from([0x80 | closeOpcode, 2, 0, 0]);
  frame.writeUInt16BE(code, 2);
  return frame;
}
