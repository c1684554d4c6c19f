/**
 * Bytes on their way to one WebSocket. Frames of one turn of the event loop leave in one write, so that a burst costs one
 * system call per receiver. While the kernel takes no more, frames wait here and are counted: a reader that lets too many
 * wait is too slow (contract section 4). Nothing is lost by closing it: it syncs.
 *
 * A message to a large group passes here once per receiver, so nothing is allocated or timed for each of them.
 */
import type { Duplex } from 'node:stream';
import { limits } from '@parley/contract';
import type { MessageStages } from '@parley/platform';

/** So much may gather in one turn before it is handed to the kernel; only what the kernel refuses counts as waiting. */
const burst = { frames: 64, bytes: 64 * 1024 };

const nothing = Buffer.alloc(0);

/**
 * Writes what gathered, once per turn: after all sockets that could be read were. Doing it after each of them took a third more
 * CPU per message, since answers and deliveries to one receiver then leave in writes of their own.
 */
export class Flusher {
  readonly #stages: Pick<MessageStages, 'write'>;
  #dirty: Outbound[] = [];
  /** When the first frame of this turn came, as `performance.now()` has it. */
  #since = 0;
  /** What was joined last: members of a group get the same frames in the same turn. */
  #joined: { frames: Buffer[]; bytes: Buffer } | null = null;
  readonly #run = () => {
    const dirty = this.#dirty;
    this.#dirty = [];
    const begun = performance.now();
    let frames = 0;
    for (const outbound of dirty) frames += outbound.flush();
    // Each socket's frames waited for those of the sockets before it: on average for half of all.
    const waited = (begun + performance.now()) / 2 - this.#since;
    this.written(waited, frames);
    this.#joined = null;
  };

  constructor(stages: Pick<MessageStages, 'write'>) {
    this.#stages = stages;
  }

  add(outbound: Outbound): void {
    if (this.#dirty.push(outbound) > 1) return;
    this.#since = performance.now();
    setImmediate(this.#run);
  }

  /** Notes frames that were given to the socket, and how long they waited for that in milliseconds. */
  written(waitedMs: number, frames: number): void {
    if (frames > 0) this.#stages.write.together(waitedMs, frames);
  }

  /** The frames as one piece of memory. */
  join(frames: readonly Buffer[], size: number): Buffer {
    const last = this.#joined;
    if (last && same(last.frames, frames)) return last.bytes;
    const bytes = Buffer.concat(frames, size);
    this.#joined = { frames: [...frames], bytes };
    return bytes;
  }
}

function same(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  if (some.length !== others.length) return false;
  for (let at = 0; at < some.length; at++) if (some[at] !== others[at]) return false;
  return true;
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
  /** When the oldest of those came that wait for the kernel to take that, as `performance.now()` has it. */
  #since = 0;

  /** `tooSlow` is called once, from within `push`. */
  constructor(socket: Duplex, flusher: Flusher, tooSlow: () => void) {
    this.#socket = socket;
    this.#flusher = flusher;
    this.#tooSlow = tooSlow;
  }

  /** Takes a whole WebSocket frame. */
  push(frame: Buffer): void {
    if (this.#closed) return;
    this.#waiting.push(frame);
    this.#bytes += frame.length;
    if (this.#unsent > 0) this.#hold();
    else if (this.#waiting.length >= burst.frames || this.#bytes >= burst.bytes) {
      this.#flusher.written(0, this.flush());
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#flusher.add(this);
    }
  }

  /** Hands what gathered to the socket now; what comes after, a close frame say, stays behind it. Says how many frames that were. */
  flush(): number {
    this.#scheduled = false;
    return this.#unsent === 0 ? this.#write() : 0;
  }

  /** Takes no more; `discard` also forgets what waits. */
  close(discard: boolean): void {
    if (!discard) this.#write();
    this.#closed = true;
    this.#waiting.length = 0;
    this.#bytes = 0;
  }

  #write(): number {
    const count = this.#waiting.length;
    if (count === 0 || !this.#socket.writable) return 0;
    const bytes = count === 1 ? (this.#waiting[0] as Buffer) : this.#flusher.join(this.#waiting, this.#bytes);
    this.#waiting.length = 0;
    this.#bytes = 0;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > 0) {
      this.#unsent += count;
      // Writes end in their order, so the end of one that has nothing in it is the end of all. Errors end in the socket's `close`.
      // A callback for every write would cost a tick of its own for each, though nearly all are over when they return.
      this.#socket.write(nothing, this.#onWritten);
    }
    return count;
  }

  readonly #onWritten = (): void => {
    if (this.#socket.writableLength > 0 || this.#unsent === 0) return;
    this.#unsent = 0;
    this.#flusher.written(performance.now() - this.#since, this.flush());
  };

  #hold(): void {
    if (this.#waiting.length === 1) this.#since = performance.now();
    const { frames, bytes } = limits.outbound;
    if (this.#waiting.length + this.#unsent <= frames && this.#bytes + this.#socket.writableLength <= bytes)
      return;
    this.close(true);
    this.#tooSlow();
  }
}
