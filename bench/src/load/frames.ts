import { randomBytes } from 'node:crypto';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Called for each frame; the bytes are only good until it returns. */
export type OnFrame = (opcode: number, fin: boolean, bytes: Buffer, start: number, end: number) => void;

/** Cuts a byte stream from a server into WebSocket frames (RFC 6455), without copying those that arrive whole. */
export class FrameReader {
  readonly #onFrame: OnFrame;
  #rest: Buffer | null = null;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** Takes the first `length` bytes of `chunk`; the start of a frame that has not ended yet is copied and kept. */
  feed(chunk: Buffer, length: number): void {
    let bytes = chunk;
    let end = length;
    if (this.#rest) {
      bytes = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
      end = bytes.length;
      this.#rest = null;
    }
    let at = 0;
    while (end - at >= 2) {
      const first = bytes[at] ?? 0;
      const second = bytes[at + 1] ?? 0;
      if ((first & 0x70) !== 0) throw new Error('the server used a WebSocket extension that was not agreed');
      if ((second & 0x80) !== 0) throw new Error('the server masked a frame');
      let size = second;
      let head = 2;
      if (size === 126) {
        if (end - at < 4) break;
        size = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (size === 127) {
        if (end - at < 10) break;
        size = Number(bytes.readBigUInt64BE(at + 2));
        head = 10;
      }
      if (end - at < head + size) break;
      const start = at + head;
      at = start + size;
      this.#onFrame(first & 0x0f, (first & 0x80) !== 0, bytes, start, at);
    }
    if (at < end) this.#rest = Buffer.from(bytes.subarray(at, end));
  }
}

/** Makes frames of a client. They are masked for real: a zero mask would spare the server its unmasking. */
export class FrameWriter {
  /** One mask per connection instead of one per frame: the server's work is the same, the generator's is less. */
  readonly #mask: Buffer = randomBytes(4);

  constructor() {
    // The `ws` server skips unmasking when the mask is zero.
    this.#mask[0] = (this.#mask[0] ?? 0) | 1;
  }

  text(text: string): Buffer {
    return this.#frame(OPCODE.text, Buffer.byteLength(text), (frame, at) => frame.write(text, at));
  }

  control(opcode: number, payload: Buffer): Buffer {
    return this.#frame(opcode, payload.length, (frame, at) => payload.copy(frame, at));
  }

  #frame(opcode: number, size: number, fill: (frame: Buffer, at: number) => void): Buffer {
    if (size > 0xffff) throw new Error('the generator sends no frame over 64 KB');
    const head = size < 126 ? 6 : 8;
    const frame = Buffer.allocUnsafe(head + size);
    frame[0] = 0x80 | opcode;
    if (size < 126) {
      frame[1] = 0x80 | size;
    } else {
      frame[1] = 0x80 | 126;
      frame.writeUInt16BE(size, 2);
    }
    const mask = this.#mask;
    mask.copy(frame, head - 4);
    fill(frame, head);
    for (let index = 0; index < size; index += 1) {
      frame[head + index] = (frame[head + index] ?? 0) ^ (mask[index & 3] ?? 0);
    }
    return frame;
  }
}
