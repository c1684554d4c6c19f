import { connect, type Socket } from 'node:net';

import { readBuffer } from './read-buffer.ts';

export interface HttpLaneOptions {
  host: string;
  port: number;
  /** The whole request, ready to be written, or what makes the next one. */
  request: Buffer | (() => Buffer);
  /** An answer has arrived to its last byte. */
  onAnswer: (status: number, bodyBytes: number) => void;
  onClose: (reason: string) => void;
}

/**
 * One keep-alive HTTP/1.1 connection that sends one request after the other, without pipelining. It reads of an answer
 * what is needed to know that it is complete: the status and the length, or the end of the chunks.
 */
export class HttpLane {
  readonly #socket: Socket;
  readonly #options: HttpLaneOptions;
  /** Bytes of the body still to come; -1 while in the head, Infinity while in chunks. */
  #missing = -1;
  #text = '';
  #status = 0;
  #size = 0;
  #closed = false;

  constructor(options: HttpLaneOptions) {
    this.#options = options;
    const { host, port } = options;
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: readBuffer, callback: (length) => this.#onRead(length) },
    });
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('the server closed the connection'));
  }

  send(): void {
    const { request } = this.#options;
    this.#socket.write(typeof request === 'function' ? request() : request);
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
  }

  #onRead(length: number): boolean {
    if (this.#closed) return true;
    if (this.#missing === -1) this.#onHead(readBuffer.toString('latin1', 0, length));
    else if (this.#missing === Number.POSITIVE_INFINITY)
      this.#onChunks(readBuffer.toString('latin1', 0, length));
    else this.#onBody(length);
    return true;
  }

  #onHead(text: string): void {
    this.#text = this.#text === '' ? text : this.#text + text;
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#text.slice(0, end);
    const body = this.#text.slice(end + 4);
    this.#text = '';
    this.#status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length) {
      this.#missing = this.#size = Number(length[1]);
      this.#onBody(body.length);
    } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
      this.#missing = Number.POSITIVE_INFINITY;
      this.#size = 0;
      this.#onChunks(body);
    } else {
      this.#end('an answer says neither its length nor that it is chunked');
    }
  }

  #onBody(length: number): void {
    this.#missing -= length;
    if (this.#missing < 0) this.#end('an answer is longer than it says');
    else if (this.#missing === 0) this.#finish();
  }

  #onChunks(text: string): void {
    this.#text += text;
    if (!this.#text.endsWith('0\r\n\r\n')) return;
    let at = 0;
    let size = 0;
    for (;;) {
      const line = this.#text.indexOf('\r\n', at);
      // A body may itself end like the last chunk; then the chunks do not add up yet.
      if (line < 0) return;
      const chunk = Number.parseInt(this.#text.slice(at, line), 16);
      if (chunk === 0) break;
      size += chunk;
      at = line + 2 + chunk + 2;
    }
    this.#text = '';
    this.#size = size;
    this.#finish();
  }

  #finish(): void {
    this.#missing = -1;
    this.#options.onAnswer(this.#status, this.#size);
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#options.onClose(reason);
  }
}
