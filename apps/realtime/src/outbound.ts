/**
 * Bytes on their way to one WebSocket. Frames of one turn of the event loop leave in one write, so that a burst costs one
 * system call per receiver. While the kernel takes no more, frames wait here and are counted: a reader that lets too many
 * wait is too slow (contract section 4). Nothing is lost by closing it: it syncs.
 */
import type { Duplex } from 'node:stream';
import { limits } from '@parley/contract';
import type { MessageStages } from '@parley/platform';

/** So much may gather in one turn before it is handed to the kernel; only what the kernel refuses counts as waiting. */
const burst = { frames: 64, bytes: 64 * 1024 };

/**
 * Writes what gathered, once per turn: after all sockets that could be read were. Doing it after each of them took a third more
 * CPU per message, since answers and deliveries to one receiver then leave in writes of their own.
 */
export class Flusher {
  readonly stages: Pick<MessageStages, 'write'>;
  #dirty: Outbound[] = [];
  readonly #run = () => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const outbound of dirty) outbound.flush();
  };

  constructor(stages: Pick<MessageStages, 'write'>) {
    this.stages = stages;
  }

  add(outbound: Outbound): void {
    if (this.#dirty.push(outbound) === 1) setImmediate(this.#run);
  }
}

export class Outbound {
  readonly #socket: Duplex;
  readonly #flusher: Flusher;
  readonly #tooSlow: () => void;
  readonly #waiting: Buffer[] = [];
  #bytes = 0;
  #scheduled = false;
  #closed = false;
  /** Frames of the write that the kernel has not taken yet; while there are any, nothing else is written. */
  #unsent = 0;
  #writes = 0;
  /** When the oldest of those that wait came, as `performance.now()` has it. */
  #since = 0;
  #written = 0;

  /** `tooSlow` is called once, from within `push`. */
  constructor(socket: Duplex, flusher: Flusher, tooSlow: () => void) {
    this.#socket = socket;
    this.#flusher = flusher;
    this.#tooSlow = tooSlow;
  }

  /** Takes a whole WebSocket frame. */
  push(frame: Buffer): void {
    if (this.#closed) return;
    if (this.#waiting.push(frame) === 1) this.#since = performance.now();
    this.#bytes += frame.length;
    if (this.#unsent > 0) this.#checkLimits();
    else if (this.#waiting.length >= burst.frames || this.#bytes >= burst.bytes) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#flusher.add(this);
    }
  }

  /** Hands what gathered to the socket now; what comes after, a close frame say, stays behind it. */
  flush(): void {
    this.#scheduled = false;
    if (this.#unsent === 0) this.#write();
  }

  /** Takes no more; `discard` also forgets what waits. */
  close(discard: boolean): void {
    if (!discard) this.#write();
    this.#closed = true;
    this.#waiting.length = 0;
    this.#bytes = 0;
  }

  #write(): void {
    const count = this.#waiting.length;
    if (count === 0 || !this.#socket.writable) return;
    const bytes = count === 1 ? (this.#waiting[0] as Buffer) : Buffer.concat(this.#waiting, this.#bytes);
    this.#waiting.length = 0;
    this.#bytes = 0;
    this.#writes++;
    this.#socket.write(bytes, this.#onWritten);
    this.#flusher.stages.write.together(performance.now() - this.#since, count);
    if (this.#socket.writableLength > 0) this.#unsent += count;
  }

  // Writes end in their order, so the last one's end is the end of all. Errors end in the socket's `close`.
  readonly #onWritten = (): void => {
    if (++this.#written < this.#writes || this.#unsent === 0) return;
    this.#unsent = 0;
    this.flush();
  };

  #checkLimits(): void {
    const { frames, bytes } = limits.outbound;
    if (this.#waiting.length + this.#unsent <= frames && this.#bytes + this.#socket.writableLength <= bytes)
      return;
    this.close(true);
    this.#tooSlow();
  }
}
