import { randomUUID } from 'node:crypto';
import type { AccessClaims, Caller } from '@parley/core';
import type { Job } from './dispatch.ts';
import type { Frame } from './frame.ts';
import type { TypingState } from './typing.ts';
import type { Watch } from './watches.ts';

export type Transport = 'ws' | 'socketio';

/** What a transport brings to a session; all else is the same for every transport. */
export interface Wire {
  readonly transport: Transport;
  send(frame: Frame): void;
  /** Sends what was given to `send`, then closes; `slow` does not wait for a reader that does not read. */
  close(code: number, reason: string, slow: boolean): void;
  /** Reads no more frames for now; false where the transport cannot stop its peer. */
  pause(): boolean;
  resume(): void;
  /** Cuts the connection off, whatever the peer does. */
  terminate(): void;
}

/** One signed-in connection. Fields that few connections need stay null until then: idle ones must be cheap. */
export class Session {
  readonly connectionId: string = randomUUID();
  readonly wire: Wire;
  readonly userId: string;
  /** Changes when the connection renews itself with a token of another session of the same user. */
  sessionId: string;
  /** When the token runs out, in seconds since the epoch. */
  expiresAt: number;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
  /** The last sign of life, in milliseconds since the epoch. */
  lastHeard: number;
  /** We are closing it: it takes no more frames, in either direction. */
  closing = false;
  /** No more frames are taken from it; what was read is still answered. */
  stopped = false;
  /** It is gone. */
  closed = false;
  /** Users whose presence it watches. */
  watching: Map<string, Watch> | null = null;
  /** Chats in which its user types, as far as this connection told. */
  typing: Map<string, TypingState> | null = null;
  /** Frames that wait for their turn; null when none does. */
  lane: Job[] | null = null;
  /** Frames that were read and are not answered yet. */
  inFlight = 0;
  /** Settles when the presence of this connection is told. */
  opened: Promise<void> | null = null;
  #paused = false;
  #frames = 0;

  constructor(wire: Wire, claims: AccessClaims, now: number) {
    this.wire = wire;
    this.userId = claims.userId;
    this.sessionId = claims.sessionId;
    this.expiresAt = claims.expiresAt;
    this.since = now;
    this.lastHeard = now;
  }

  send(frame: Frame): void {
    if (!this.closing) this.wire.send(frame);
  }

  /** Who asks, for core. Without a request id of the client's, each frame gets one of its own. */
  caller(requestId?: string, validAt?: number): Caller {
    return {
      userId: this.userId,
      sessionId: this.sessionId,
      requestId: requestId ?? `${this.connectionId}.${++this.#frames}`,
      connectionId: this.connectionId,
      validAt,
    };
  }

  /** Stops reading until `resume`; says whether the transport could. */
  pause(): boolean {
    if (!this.#paused) this.#paused = this.wire.pause();
    return this.#paused;
  }

  resume(): void {
    if (!this.#paused || this.stopped) return;
    this.#paused = false;
    this.wire.resume();
  }

  /** Reads no more, for good. */
  stop(): void {
    this.stopped = true;
    this.pause();
  }
}
