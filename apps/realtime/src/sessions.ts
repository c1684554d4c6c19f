import { setTimeout as pause } from 'node:timers/promises';
import { closeCodes } from '@parley/contract';
import {
  type AccessClaims,
  AppError,
  type Core,
  connectionClosed,
  connectionOpened,
  deniedSessions,
} from '@parley/core';
import type { Topics } from './delivery/topics.ts';
import { toSocketError } from './errors.ts';
import { serverFrame } from './frame.ts';
import type { Hub } from './hub.ts';
import type { InFlight } from './in-flight.ts';
import { Session, type Wire } from './session.ts';
import type { CloseReason, Tallies } from './tallies.ts';

const codes = {
  unauthorized: closeCodes.unauthorized,
  idle: closeCodes.idle,
  slow_reader: closeCodes.slowReader,
  too_big: closeCodes.tooBig,
  restart: closeCodes.restart,
  internal: closeCodes.internal,
} as const satisfies Record<CloseReason, number>;

/** How long a kick is remembered for sessions whose token is just being checked. */
const kickMemoryMs = 60_000;

const recheckBatch = 500;
/** Milliseconds between attempts to read the deny list. */
const recheckMs = 1_000;

/** The close code and text of a reason. */
export function closeOf(reason: CloseReason): { code: number; text: string } {
  return { code: codes[reason], text: reason.replace('_', ' ') };
}

/** Whole seconds until a token runs out: `expires_in` of an answer to `auth`. */
export function secondsLeft(claims: AccessClaims, now: number): number {
  return Math.max(0, Math.floor(claims.expiresAt - now / 1000));
}

/** The life of sessions: from an accepted token to the end, whichever side brings it. */
export class Sessions {
  readonly #core: Core;
  readonly #hub: Hub;
  readonly #tallies: Tallies;
  readonly #inFlight: InFlight;
  readonly #topics: Topics;
  readonly #leaving: ((session: Session) => void)[] = [];
  readonly #kicked = new Map<string, number>();
  #emptied: (() => void)[] = [];
  #rechecking = false;
  #recheckWanted = false;

  constructor(core: Core, hub: Hub, topics: Topics, tallies: Tallies, inFlight: InFlight) {
    this.#core = core;
    this.#hub = hub;
    this.#topics = topics;
    this.#tallies = tallies;
    this.#inFlight = inFlight;
  }

  /** Calls back for every session that is gone. */
  onLeave(handler: (session: Session) => void): void {
    this.#leaving.push(handler);
  }

  /**
   * Sees to it that whatever is sent to the user from then on reaches this instance. Await it before the client can know
   * that it is connected: what was sent before that, it finds in its history.
   */
  prepare(claims: AccessClaims): Promise<void> {
    return this.#topics.prepare(claims.userId);
  }

  /** Begins a session. Errors: `TOKEN_INVALID` (the token's session was signed out while it was being checked). */
  open(wire: Wire, claims: AccessClaims): Session {
    if (this.#kicked.has(claims.sessionId)) throw signedOut();
    const session = new Session(wire, claims, this.#core.clock.now());
    this.#hub.add(session);
    void this.#topics.hold(session.userId);
    this.#tallies.opened(wire.transport);
    session.opened = connectionOpened(this.#core, session.userId, session.connectionId);
    void this.#inFlight.track(session.opened).then(() => {
      if (!session.closed) session.opened = null;
    });
    return session;
  }

  /** The connection is gone, for whatever reason. */
  closed(session: Session): void {
    session.closing = true;
    if (!this.#hub.remove(session)) return;
    session.closed = true;
    this.#topics.drop(session.userId);
    for (const leave of this.#leaving) leave(session);
    this.#tallies.gone(session.wire.transport);
    // A lease that is still being taken must not outlive the connection.
    const opened = session.opened ?? Promise.resolve();
    const told = opened.then(() => connectionClosed(this.#core, session.userId, session.connectionId));
    void this.#inFlight.track(told);
    if (this.#hub.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  /** Closes a session from our side; `error` is what the client is told first. */
  end(session: Session, reason: CloseReason, error?: AppError): void {
    if (session.closing) return;
    if (error) {
      const frame = serverFrame('error', toSocketError(error), this.#core.clock.now());
      this.#hub.tell(session, frame);
    }
    session.closing = true;
    this.#tallies.closed(reason);
    const { code, text } = closeOf(reason);
    session.wire.close(code, text, reason === 'slow_reader');
  }

  /** Its token ran out without being renewed. */
  expire(session: Session): void {
    this.end(session, 'unauthorized', new AppError('TOKEN_EXPIRED'));
  }

  /** Ends the connections of sessions that were signed out. */
  kick(sessionIds: readonly string[]): void {
    const ids = new Set(sessionIds);
    const until = this.#core.clock.now() + kickMemoryMs;
    for (const id of ids) this.#kicked.set(id, until);
    for (const session of this.#hub.all()) {
      if (ids.has(session.sessionId)) this.end(session, 'unauthorized', signedOut());
    }
  }

  /** Looks for sessions that were signed out while kicks could not be heard; again and again until it could. */
  async recheck(): Promise<void> {
    this.#recheckWanted = true;
    if (this.#rechecking) return;
    this.#rechecking = true;
    while (this.#recheckWanted) {
      this.#recheckWanted = false;
      if (await this.#recheckAll()) continue;
      this.#recheckWanted = true;
      await pause(recheckMs, undefined, { ref: false });
    }
    this.#rechecking = false;
  }

  /** Says whether the deny list could be read. */
  async #recheckAll(): Promise<boolean> {
    const ids = [...new Set(Array.from(this.#hub.all(), (session) => session.sessionId))];
    for (let start = 0; start < ids.length; start += recheckBatch) {
      try {
        this.kick(await deniedSessions(this.#core, ids.slice(start, start + recheckBatch)));
      } catch (error) {
        this.#core.log.warn({ err: error }, 'the deny list cannot be read');
        return false;
      }
    }
    return true;
  }

  /** Whether a kick for this session was heard a short while ago. */
  wasKicked(sessionId: string): boolean {
    return this.#kicked.has(sessionId);
  }

  /** Forgets old kicks. */
  prune(now: number): void {
    for (const [id, until] of this.#kicked) if (until <= now) this.#kicked.delete(id);
  }

  /** Resolves when there is no session left. */
  empty(): Promise<void> {
    return this.#hub.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#emptied.push(resolve));
  }
}

/** What the connections of a signed-out session are told. */
export function signedOut(): AppError {
  return new AppError('TOKEN_INVALID', 'This session was signed out');
}
