/** One upgraded connection on its way through: bytes in both directions, and a proper end when this program stops. */
import type { Duplex } from 'node:stream';
import { closeCodes } from '@parley/contract';
import { closeFrame, FrameBoundary } from './frame-boundary.ts';

/** Milliseconds that answers under way may take when this program stops, and that a peer may take to go. */
const settleMs = 250;
const goMs = 1_000;

export class Tunnel {
  readonly #client: Duplex;
  readonly #upstream: Duplex;
  readonly #boundary = new FrameBoundary();
  readonly #ended: () => void;
  #ending = false;

  /** `ended` is called once both sides are gone. */
  constructor(client: Duplex, upstream: Duplex, ended: () => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#ended = ended;
    let open = 2;
    const gone = () => {
      if (--open === 0) this.#ended();
    };
    client.on('error', () => client.destroy());
    upstream.on('error', () => this.#interrupt());
    client.on('close', () => {
      upstream.destroy();
      gone();
    });
    upstream.on('close', () => {
      this.#interrupt();
      gone();
    });
    client.on('end', () => upstream.end());
    upstream.on('end', () => this.#interrupt());
    upstream.on('data', (chunk: Buffer) => this.down(chunk));
    client.on('drain', () => upstream.resume());
    client.pipe(upstream, { end: false });
  }

  /** Bytes from upstream to the client. */
  down(chunk: Buffer): void {
    if (this.#ending) return;
    this.#boundary.push(chunk);
    if (!this.#client.write(chunk)) this.#upstream.pause();
  }

  /** Takes nothing more from the client, lets answers through, then closes with 1012: clients come back elsewhere. */
  drain(): void {
    this.#client.unpipe(this.#upstream);
    // What the client still says is not read by anyone, but its close must be seen.
    this.#client.resume();
    setTimeout(() => this.#interrupt(), settleMs).unref();
  }

  /** The other side is gone or no longer wanted: says so, if that can be said between two frames. */
  #interrupt(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.#client.writable && this.#boundary.here && !this.#boundary.closed) {
      this.#client.write(closeFrame(closeCodes.restart));
    }
    this.#client.end();
    // Read on to see its end; a pipe whose other side goes away would stop reading.
    this.#client.unpipe(this.#upstream);
    this.#client.resume();
    setTimeout(() => this.#client.destroy(), goMs).unref();
    this.#upstream.destroy();
  }
}
