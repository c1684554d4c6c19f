/** One connection of the raw transport: a token first, then frames of JSON text (contract section 4). */
import type { Duplex } from 'node:stream';
import { clientEvents, clientFrame } from '@parley/contract';
import { AppError, authenticate } from '@parley/core';
import type { RawData, WebSocket } from 'ws';
import type { RealtimeContext } from '../context.ts';
import { receive, receiveBad } from '../dispatch.ts';
import { toSocketError } from '../errors.ts';
import { type Frame, serverFrame } from '../frame.ts';
import { Outbound } from '../outbound.ts';
import type { Session, Wire } from '../session.ts';
import { closeOf, secondsLeft } from '../sessions.ts';
import type { CloseReason } from '../tallies.ts';
import { RawReply } from './reply.ts';

const open = 1; // WebSocket.OPEN

/** What a text frame came to: a frame of the contract, or why it is none. */
type Read =
  | { ok: true; event: string; data: unknown; reqId: string | undefined }
  | { ok: false; problem: string; reqId: string | undefined };

function read(bytes: RawData, isBinary: boolean): Read {
  if (isBinary) return { ok: false, problem: 'Frames are JSON text, not binary', reqId: undefined };
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return { ok: false, problem: 'The frame is not JSON', reqId: undefined };
  }
  const frame = clientFrame.safeParse(value);
  if (frame.success) {
    const { event, data, req_id } = frame.data;
    return { ok: true, event, data, reqId: req_id };
  }
  const reqId = (value as { req_id?: unknown } | null)?.req_id;
  return {
    ok: false,
    problem: 'A frame is { event, data, req_id? } with text as event and req_id',
    reqId: typeof reqId === 'string' && reqId.length <= 128 ? reqId : undefined,
  };
}

export class RawConnection implements Wire {
  readonly transport = 'ws';
  /** When it must have signed in, in milliseconds. */
  readonly deadline: number;
  readonly #ctx: RealtimeContext;
  readonly #ws: WebSocket;
  readonly #outbound: Outbound;
  readonly #settled: (connection: RawConnection) => void;
  #session: Session | null = null;
  #checking = false;
  #closing = false;
  /** Frames that came with the one that holds the token: at most what one read of the socket brought. */
  #early: [RawData, boolean][] = [];

  /** `settled` is called when the connection has signed in, and when it is gone. */
  constructor(
    ctx: RealtimeContext,
    ws: WebSocket,
    socket: Duplex,
    settled: (connection: RawConnection) => void,
  ) {
    this.#ctx = ctx;
    this.#ws = ws;
    this.#settled = settled;
    this.deadline = ctx.core.clock.now() + ctx.timings.authMs;
    this.#outbound = new Outbound(socket, ctx.flusher, () => this.#tooSlow());
    const heard = () => this.#heard();
    ws.on('message', (bytes, isBinary) => this.#onMessage(bytes, isBinary));
    ws.on('ping', heard);
    ws.on('pong', heard);
    ws.on('error', (error: Error & { code?: string }) => this.#onError(error));
    ws.on('close', () => this.#onClose());
  }

  /** Checks a token; `reqId` is that of the frame that brought it. Nothing more is read meanwhile. */
  async signIn(token: string, answer?: { reqId: string | undefined }): Promise<void> {
    this.#checking = true;
    this.#ws.pause();
    try {
      const claims = await authenticate(this.#ctx.core, token);
      await this.#ctx.sessions.prepare(claims);
      if (this.#closing) return;
      this.#session = this.#ctx.sessions.open(this, claims);
      this.#settled(this);
      if (answer) {
        const seconds = secondsLeft(claims, this.#ctx.core.clock.now());
        new RawReply(this.#ctx, this.#session, 'auth', answer.reqId).done({ expires_in: seconds });
      }
    } catch (error) {
      this.refuse(error);
      return;
    } finally {
      this.#checking = false;
    }
    const early = this.#early;
    this.#early = [];
    this.#ws.resume();
    for (const [bytes, isBinary] of early) this.#onMessage(bytes, isBinary);
  }

  /** No session for this one: says why, then closes. */
  refuse(cause: unknown): void {
    if (this.#closing) return;
    const error = toSocketError(cause);
    if (error.code === 5000) this.#ctx.log.error({ err: cause }, 'a token could not be checked');
    this.send(serverFrame('error', error, this.#ctx.core.clock.now()));
    this.closeEarly(error.code === 5000 ? 'internal' : 'unauthorized');
  }

  /** Closes a connection that is no session. */
  closeEarly(reason: CloseReason): void {
    if (this.#closing) return;
    this.#ctx.tallies.closed(reason);
    const { code, text } = closeOf(reason);
    this.close(code, text, false);
  }

  send(frame: Frame): void {
    if (!this.#closing && this.#ws.readyState === open) this.#outbound.push(frame.raw());
  }

  close(code: number, reason: string, slow: boolean): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#outbound.close(slow);
    // The peer's close frame must be read, whatever was paused.
    this.#ws.resume();
    this.#ws.close(code, reason);
    const { closeMs, slowCloseMs } = this.#ctx.timings;
    setTimeout(() => this.#ws.terminate(), slow ? slowCloseMs : closeMs).unref();
  }

  pause(): boolean {
    this.#ws.pause();
    return true;
  }

  resume(): void {
    this.#ws.resume();
  }

  terminate(): void {
    this.#ws.terminate();
  }

  #onMessage(bytes: RawData, isBinary: boolean): void {
    if (this.#closing) return;
    if (this.#checking) {
      this.#early.push([bytes, isBinary]);
      return;
    }
    const readAt = performance.now();
    const frame = read(bytes, isBinary);
    const session = this.#session;
    if (session === null) this.#firstFrame(frame);
    else if (frame.ok) {
      const reply = new RawReply(this.#ctx, session, frame.event, frame.reqId);
      receive(this.#ctx, session, frame.event, frame.data, frame.reqId, reply, readAt);
    } else {
      const reply = new RawReply(this.#ctx, session, '', frame.reqId);
      receiveBad(this.#ctx, session, new AppError('BAD_REQUEST', frame.problem), frame.reqId, reply);
    }
  }

  #firstFrame(frame: Read): void {
    const auth =
      frame.ok && frame.event === 'auth' ? clientEvents.auth.safeParse(frame.data ?? {}) : undefined;
    if (auth?.success) void this.signIn(auth.data.token, { reqId: frame.reqId });
    else this.refuse(new AppError('UNAUTHORIZED', 'The first frame must be auth, with a token'));
  }

  #heard(): void {
    if (this.#session) this.#session.lastHeard = this.#ctx.core.clock.now();
  }

  #tooSlow(): void {
    if (this.#session) this.#ctx.sessions.end(this.#session, 'slow_reader');
  }

  #onError(error: Error & { code?: string }): void {
    // `ws` has closed it already: 1009 for a frame over the limit, 1002 and 1007 for broken ones.
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#ctx.tallies.closed('too_big');
    this.#ctx.log.debug({ reason: error.message }, 'a connection broke the protocol');
  }

  #onClose(): void {
    this.#closing = true;
    this.#outbound.close(true);
    if (this.#session) this.#ctx.sessions.closed(this.#session);
    this.#settled(this);
  }
}
