/** One Socket.IO connection (contract section 4). */
import { limits } from '@parley/contract';
import type { AccessClaims } from '@parley/core';
import type { Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import type { RealtimeContext } from '../context.ts';
import { receive } from '../dispatch.ts';
import { type Frame, textFrame } from '../frame.ts';
import { Outbound } from '../outbound.ts';
import type { Session, Wire } from '../session.ts';
import {
  type Connection,
  isFlushed,
  releaseHandshake,
  takeAcks,
  waitingPackets,
  webSocketOf,
} from './internals.ts';
import { SocketIoReply } from './reply.ts';

const open = 1; // WebSocket.OPEN
const plain = { compress: false };

export class SocketIoWire implements Wire {
  readonly transport = 'socketio';
  readonly #ctx: RealtimeContext;
  readonly #socket: Socket;
  readonly #conn: Connection;
  readonly #session: Session;
  /** Our own way to the WebSocket; made when the first frame goes that way. */
  #direct: { ws: WebSocket; outbound: Outbound } | null = null;
  #polledBytes = 0;

  /** Begins a session on a socket that has just connected. Errors: those of `Sessions.open`. */
  constructor(ctx: RealtimeContext, socket: Socket, claims: AccessClaims) {
    this.#ctx = ctx;
    this.#socket = socket;
    this.#conn = socket.conn;
    this.#session = ctx.sessions.open(this, claims);
    releaseHandshake(socket);
    takeAcks(socket, (id, answer) => this.#acknowledge(id, answer));
    socket.onAny((event, ...args) => this.#onEvent(event, args));
    socket.on('disconnect', () => this.#onClose());
    // Engine.IO pings by itself; the answers are signs of life.
    this.#conn.on('heartbeat', () => this.#heard());
  }

  send(frame: Frame): void {
    const outbound = this.#directly();
    if (outbound) outbound.push(frame.packet());
    else this.#throughEngine(frame.packetText());
  }

  close(code: number, reason: string, slow: boolean): void {
    this.#direct?.outbound.close(slow);
    // Tells the client not to come back by itself; after anything else it reconnects.
    if (code === 4001) this.#socket.disconnect();
    const found = webSocketOf(this.#conn);
    // The peer's close frame must be read, whatever was paused.
    found?.ws.resume();
    // A client that polls learns of it by its next poll, so nothing needs to wait for that unless packets do.
    if (!found) this.#conn.close(isFlushed(this.#conn));
    else if (isFlushed(this.#conn) || slow) found.ws.close(code, reason);
    else this.#conn.once('drain', () => found.ws.close(code, reason));
    const { closeMs, slowCloseMs } = this.#ctx.timings;
    setTimeout(() => this.terminate(), slow ? slowCloseMs : closeMs).unref();
  }

  pause(): boolean {
    const found = webSocketOf(this.#conn);
    found?.ws.pause();
    return found !== undefined;
  }

  resume(): void {
    webSocketOf(this.#conn)?.ws.resume();
  }

  terminate(): void {
    const found = webSocketOf(this.#conn);
    if (found) found.ws.terminate();
    else this.#conn.close(true);
  }

  /** Our own way out, once everything that Engine.IO was given has left. */
  #directly(): Outbound | undefined {
    if (!isFlushed(this.#conn)) return undefined;
    if (!this.#direct) {
      const found = webSocketOf(this.#conn);
      if (!found) return undefined;
      const outbound = new Outbound(found.socket, this.#ctx.flusher, () => this.#tooSlow());
      this.#direct = { ws: found.ws, outbound };
    }
    return this.#direct.ws.readyState === open ? this.#direct.outbound : undefined;
  }

  #throughEngine(packet: string): void {
    if (this.#conn.readyState !== 'open') return;
    this.#direct?.outbound.flush();
    const waiting = waitingPackets(this.#conn);
    this.#polledBytes = waiting === 0 ? packet.length : this.#polledBytes + packet.length;
    const { frames, bytes } = limits.outbound;
    if (waiting >= frames || this.#polledBytes > bytes) this.#tooSlow();
    else this.#conn.write(packet, plain);
  }

  #acknowledge(id: number, answer: unknown): void {
    if (this.#session.closing) return;
    const packet = `3${id}[${JSON.stringify(answer)}]`;
    const outbound = this.#directly();
    if (outbound) outbound.push(textFrame(`4${packet}`));
    else this.#throughEngine(packet);
  }

  #onEvent(event: unknown, args: unknown[]): void {
    const readAt = performance.now();
    const last = args.at(-1);
    const ack = typeof last === 'function' ? (args.pop() as (answer: unknown) => void) : undefined;
    const reply = new SocketIoReply(this.#ctx, this.#session, String(event), ack);
    receive(this.#ctx, this.#session, event, args[0], undefined, reply, readAt);
  }

  #heard(): void {
    this.#session.lastHeard = this.#ctx.core.clock.now();
  }

  #tooSlow(): void {
    this.#ctx.sessions.end(this.#session, 'slow_reader');
  }

  #onClose(): void {
    this.#direct?.outbound.close(true);
    // A client that only left the namespace must not hold an empty connection open.
    if (!this.#session.closing) this.#conn.close();
    this.#ctx.sessions.closed(this.#session);
  }
}
