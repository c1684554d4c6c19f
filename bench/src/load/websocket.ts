import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

import { FrameReader, FrameWriter, OPCODE } from './frames.ts';
import { readBuffer } from './read-buffer.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export interface WebSocketOptions {
  host: string;
  port: number;
  /** Path and query of the upgrade request. */
  target: string;
  localAddress?: string;
  onText: (text: string) => void;
  /** Gets whole text frames first, as bytes that are only good until it returns; true: `onText` need not see this one. */
  onBytes?: (bytes: Buffer, start: number, end: number) => boolean;
  /** Once, when the connection is gone; `reason` says who ended it and how. */
  onClose: (reason: string) => void;
}

/**
 * A WebSocket client that does only what a load generator needs: it shares cores with the server, so each
 * microsecond that it spends is one that the server does not get. Text arrives as Latin-1 (one byte, one character):
 * ids and numbers are ASCII, and `Buffer.from(text, 'latin1').toString()` gives the rest back.
 */
export class WebSocketClient {
  readonly #socket: Socket;
  readonly #options: WebSocketOptions;
  readonly #writer = new FrameWriter();
  readonly #reader = new FrameReader((...frame) => this.#onFrame(...frame));
  readonly #key = randomBytes(16).toString('base64');
  readonly #opened = Promise.withResolvers<void>();
  /** Settles when the upgrade has succeeded or failed; frames may arrive from then on. */
  readonly opened: Promise<void> = this.#opened.promise;
  #head = '';
  #open = false;
  #closed = false;
  #partial = '';

  constructor(options: WebSocketOptions) {
    this.#options = options;
    const { host, port, localAddress } = options;
    this.#socket = connect({
      host,
      port,
      ...(localAddress ? { localAddress } : {}),
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length) => this.#onRead(length) },
    });
    this.#socket.on('connect', () => this.#upgrade());
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('the server closed the TCP connection'));
  }

  send(text: string): void {
    if (!this.#closed) this.#socket.write(this.#writer.text(text));
  }

  /** Ends the connection as a client should; `onClose` is not called for it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#open) {
      this.#opened.reject(new Error('closed by the generator'));
      this.#socket.destroy();
      return;
    }
    this.#socket.end(this.#writer.control(OPCODE.close, Buffer.from([0x03, 0xe8])));
    this.#socket.setTimeout(2000, () => this.#socket.destroy());
  }

  #upgrade(): void {
    const { host, port, target } = this.#options;
    this.#socket.write(
      `GET ${target} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${this.#key}\r\n\r\n`,
    );
  }

  #onRead(length: number): boolean {
    if (this.#closed) return true;
    try {
      if (this.#open) this.#reader.feed(readBuffer, length);
      else this.#onHandshake(readBuffer, length);
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error));
    }
    return true;
  }

  #onHandshake(bytes: Buffer, length: number): void {
    const before = this.#head.length;
    this.#head += bytes.toString('latin1', 0, length);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    const status = this.#head.slice(0, this.#head.indexOf('\r\n'));
    if (!status.startsWith('HTTP/1.1 101')) throw new Error(`the upgrade was answered with "${status}"`);
    const accept = createHash('sha1')
      .update(this.#key + GUID)
      .digest('base64');
    if (!this.#head.includes(accept))
      throw new Error('the upgrade was answered with a wrong Sec-WebSocket-Accept');
    this.#head = '';
    this.#open = true;
    this.#opened.resolve();
    const frames = end + 4 - before;
    // The shared buffer is not ours after this callback, but feed() keeps nothing of it without a copy.
    if (frames < length) this.#reader.feed(bytes.subarray(frames), length - frames);
  }

  #onFrame(opcode: number, fin: boolean, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODE.text || opcode === OPCODE.continuation) {
      if (fin && opcode === OPCODE.text && this.#options.onBytes?.(bytes, start, end)) return;
      const text = bytes.toString('latin1', start, end);
      if (!fin) this.#partial += text;
      else if (this.#partial === '') this.#options.onText(text);
      else {
        const whole = this.#partial + text;
        this.#partial = '';
        this.#options.onText(whole);
      }
    } else if (opcode === OPCODE.ping) {
      this.#socket.write(this.#writer.control(OPCODE.pong, Buffer.from(bytes.subarray(start, end))));
    } else if (opcode === OPCODE.close) {
      const code = end - start >= 2 ? bytes.readUInt16BE(start) : 1005;
      this.#end(
        `the server closed with ${code} ${bytes.toString('utf8', Math.min(start + 2, end), end)}`.trim(),
      );
    } else if (opcode === OPCODE.binary) {
      this.#end('the server sent a binary frame');
    }
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opened.reject(new Error(reason));
    this.#socket.destroy();
    if (this.#open) this.#options.onClose(reason);
  }
}
