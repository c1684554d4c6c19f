import type { Frame } from './frame.ts';
import type { Session } from './session.ts';
import type { Tallies } from './tallies.ts';

/** The sessions of this instance, by user: the one place where frames find their receivers. */
export class Hub {
  readonly #tallies: Tallies;
  readonly #byUser = new Map<string, Set<Session>>();
  readonly #all = new Set<Session>();

  constructor(tallies: Tallies) {
    this.#tallies = tallies;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Every session, in no order. */
  all(): Iterable<Session> {
    return this.#all;
  }

  add(session: Session): void {
    this.#all.add(session);
    const sessions = this.#byUser.get(session.userId);
    if (sessions) sessions.add(session);
    else this.#byUser.set(session.userId, new Set([session]));
  }

  /** Says whether the session was there. */
  remove(session: Session): boolean {
    if (!this.#all.delete(session)) return false;
    const sessions = this.#byUser.get(session.userId);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#byUser.delete(session.userId);
    return true;
  }

  /** A user's sessions here. */
  of(userId: string): Iterable<Session> {
    return this.#byUser.get(userId) ?? [];
  }

  /** When the earliest of a user's sessions here began, in milliseconds; infinite where there is none. */
  since(userId: string): number {
    let since = Number.POSITIVE_INFINITY;
    for (const session of this.of(userId)) since = Math.min(since, session.since);
    return since;
  }

  has(userId: string): boolean {
    return this.#byUser.has(userId);
  }

  /** Sends the frame to every device of these users, but not to the connection `except`. */
  deliver(userIds: Iterable<string>, frame: Frame, except: string | null = null): void {
    let receivers = 0;
    for (const userId of userIds) {
      const sessions = this.#byUser.get(userId);
      if (sessions === undefined) continue;
      for (const session of sessions) {
        if (session.connectionId === except) continue;
        session.send(frame);
        receivers++;
      }
    }
    if (receivers > 0) this.#tallies.delivered(frame.event, receivers);
  }

  /** Sends the frame to one session. */
  tell(session: Session, frame: Frame): void {
    session.send(frame);
    this.#tallies.delivered(frame.event, 1);
  }
}
