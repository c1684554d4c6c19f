import type { Presence } from '@parley/contract';
import { AppError, type Core, visiblePresence } from '@parley/core';
import { type Topics, watchTopic } from './delivery/topics.ts';
import { type Frame, serverFrame } from './frame.ts';
import type { Hub } from './hub.ts';
import type { Session } from './session.ts';

/** One session's interest in one user's presence. */
export interface Watch {
  /** Number of the look-up whose result was sent last: an older one that comes late is dropped. */
  lookup: number;
  /** What was sent last said nothing. */
  hidden: boolean;
}

type Parts = Pick<Core, 'users' | 'privacy' | 'presence' | 'log' | 'clock'>;

/** At most so many users are watched by one connection. */
export const maxWatched = 1000;

/** Who watches whose presence on this instance. What each may see is asked for anew with every change. */
export class Watches {
  readonly #core: Parts;
  readonly #hub: Hub;
  readonly #topics: Topics;
  readonly #watchers = new Map<string, Set<Session>>();
  #lookups = 0;

  constructor(core: Parts, hub: Hub, topics: Topics) {
    this.#core = core;
    this.#hub = hub;
    this.#topics = topics;
  }

  /**
   * Watches users and sends the present state of each. Errors: `VALIDATION_ERROR` (more than a connection may watch; none
   * is added then).
   */
  async subscribe(session: Session, userIds: readonly string[]): Promise<void> {
    const wanted = new Set(userIds);
    const watching = session.watching ?? new Map<string, Watch>();
    const added = [...wanted].filter((id) => !watching.has(id));
    if (watching.size + added.length > maxWatched) {
      const message = `at most ${maxWatched} users can be watched by one connection`;
      throw new AppError('VALIDATION_ERROR', undefined, { details: [{ path: 'user_ids', message }] });
    }
    if (session.closed) return;
    session.watching = watching;
    // Before the look-up: a change after it comes as an event.
    await Promise.all(added.map((id) => this.#add(session, watching, id)));
    const lookup = ++this.#lookups;
    const found = new Set<string>();
    try {
      for (const presence of await visiblePresence(this.#core, session.userId, [...wanted])) {
        found.add(presence.user_id);
        this.#send(session, presence, lookup, this.#frame(presence), true);
      }
    } finally {
      // Those who do not exist, and all of them if the look-up failed: the client will ask again.
      this.unsubscribe(
        session,
        added.filter((id) => !found.has(id)),
      );
    }
  }

  unsubscribe(session: Session, userIds: readonly string[]): void {
    for (const id of userIds) {
      if (!session.watching?.delete(id)) continue;
      const watchers = this.#watchers.get(id);
      watchers?.delete(session);
      if (watchers?.size === 0) {
        this.#watchers.delete(id);
        this.#topics.drop(watchTopic(id));
      }
    }
    if (session.watching?.size === 0) session.watching = null;
  }

  /** The session is gone. */
  drop(session: Session): void {
    if (session.watching) this.unsubscribe(session, [...session.watching.keys()]);
  }

  /** Somebody came online or left: tells those who watch and may know, each user's privacy asked once. */
  async changed(userId: string): Promise<void> {
    const viewers = Map.groupBy(this.#watchers.get(userId) ?? [], (session) => session.userId);
    const lookup = ++this.#lookups;
    // Most viewers see the same: those share a frame.
    const frames = new Map<string, Frame>();
    await Promise.all(
      [...viewers].map(async ([viewer, sessions]) => {
        const [presence] = await visiblePresence(this.#core, viewer, [userId]);
        if (!presence) return;
        const key = `${presence.online} ${presence.last_seen}`;
        const frame = frames.get(key) ?? this.#frame(presence);
        frames.set(key, frame);
        for (const session of sessions) this.#send(session, presence, lookup, frame, false);
      }),
    );
  }

  #add(session: Session, watching: Map<string, Watch>, id: string): Promise<void> | undefined {
    watching.set(id, { lookup: 0, hidden: false });
    const watchers = this.#watchers.get(id);
    if (watchers) watchers.add(session);
    else this.#watchers.set(id, new Set([session]));
    return watchers ? this.#topics.joined(watchTopic(id)) : this.#topics.hold(watchTopic(id));
  }

  #frame(presence: Presence): Frame {
    return serverFrame('presence', presence, this.#core.clock.now());
  }

  /** A hidden presence is told when it is asked for or becomes hidden; its changes are nobody's business. */
  #send(session: Session, presence: Presence, lookup: number, frame: Frame, asked: boolean): void {
    const watch = session.watching?.get(presence.user_id);
    if (!watch || watch.lookup > lookup) return;
    const hidden = presence.online === null;
    const news = asked || !hidden || !watch.hidden;
    watch.lookup = lookup;
    watch.hidden = hidden;
    if (news) this.#hub.tell(session, frame);
  }
}
