import type { Presence } from '@parley/contract';
import { AppError, type Core, presenceFor, visiblePresence, whenBack } from '@parley/core';
import { type Topics, watchTopic } from './delivery/topics.ts';
import { type Frame, serverFrame } from './frame.ts';
import type { Hub } from './hub.ts';
import type { Session } from './session.ts';
import type { Timings } from './timings.ts';

/** One session's interest in one user's presence. */
export interface Watch {
  /** Number of the look-up whose result was sent last: an older one that comes late is dropped. */
  lookup: number;
  /** What was sent last, as `stateOf` has it; null for nothing yet. */
  state: string | null;
}

/** A user whose presence is watched here. */
interface Watched {
  readonly sessions: Set<Session>;
  /** Whether the user is online, as far as this instance knows; null for unknown. */
  online: boolean | null;
  /** Tells that the user is offline, unless that has changed by then. */
  timer: NodeJS.Timeout | null;
}

type Parts = Pick<Core, 'users' | 'privacy' | 'presence' | 'log' | 'clock'>;

/** At most so many users are watched by one connection. */
export const maxWatched = 1000;

/** What a viewer knows of somebody: nothing, that they are online, or when they were. The same twice is no news. */
function stateOf(presence: Presence): string {
  if (presence.online === null) return 'hidden';
  return presence.online ? 'online' : (presence.last_seen ?? 'never');
}

/**
 * Who watches whose presence on this instance. What each may see is asked for anew with every change.
 *
 * Connections come and go in storms: phones in tunnels, deployments. That somebody is online is told at once; that somebody left, only
 * if it is still so after a moment. So a reconnect tells nothing, and somebody who comes and goes all the time costs two look-ups in
 * that moment, not one for each change.
 */
export class Watches {
  readonly #core: Parts;
  readonly #hub: Hub;
  readonly #topics: Topics;
  readonly #timings: Pick<Timings, 'offlineMs'>;
  readonly #watched = new Map<string, Watched>();
  #lookups = 0;

  constructor(core: Parts, hub: Hub, topics: Topics, timings: Pick<Timings, 'offlineMs'>) {
    this.#core = core;
    this.#hub = hub;
    this.#topics = topics;
    this.#timings = timings;
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
        this.#learn(presence);
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
      const watched = this.#watched.get(id);
      watched?.sessions.delete(session);
      if (watched?.sessions.size === 0) {
        this.#watched.delete(id);
        this.#topics.drop(watchTopic(id));
      }
    }
    if (session.watching?.size === 0) session.watching = null;
  }

  /** The session is gone. */
  drop(session: Session): void {
    if (session.watching) this.unsubscribe(session, [...session.watching.keys()]);
  }

  /** Somebody came online or left: those who watch and may know are told, now or after a moment. */
  changed(userId: string, status: 'online' | 'offline'): void {
    const watched = this.#watched.get(userId);
    if (!watched) return;
    if (status === 'offline') this.#tellLater(userId, watched);
    else if (watched.online !== true) {
      watched.online = true;
      this.#tell(userId, watched, null);
    }
  }

  /** What may be seen of somebody changed, for all who watch or for one `viewer`. */
  reconsider(userId: string, viewer: string | null): void {
    const watched = this.#watched.get(userId);
    if (watched) this.#tell(userId, watched, viewer);
  }

  #tellLater(userId: string, watched: Watched): void {
    if (watched.timer) {
      watched.timer.refresh();
      return;
    }
    watched.timer = setTimeout(() => {
      watched.timer = null;
      watched.online = false;
      this.#tell(userId, watched, null);
    }, this.#timings.offlineMs).unref();
  }

  #tell(userId: string, watched: Watched, viewer: string | null): void {
    const look = () => this.#look(userId, watched, viewer);
    void whenBack(this.#core.log, 'a presence could not be told', look);
  }

  /** Looks up what each viewer may see, for all of them at once. */
  async #look(userId: string, { sessions }: Watched, viewer: string | null): Promise<void> {
    const viewers = Map.groupBy(sessions, (session) => session.userId);
    const asked = viewer === null ? [...viewers.keys()] : [viewer].filter((id) => viewers.has(id));
    const lookup = ++this.#lookups;
    // Most viewers see the same: those share a frame.
    const frames = new Map<string, Frame>();
    const presences = await presenceFor(this.#core, userId, asked);
    for (const [index, presence] of presences.entries()) {
      this.#learn(presence);
      const state = stateOf(presence);
      const frame = frames.get(state) ?? this.#frame(presence);
      frames.set(state, frame);
      for (const session of viewers.get(asked[index] ?? '') ?? []) {
        this.#send(session, presence, lookup, frame, false);
      }
    }
  }

  #learn({ user_id, online }: Presence): void {
    const watched = this.#watched.get(user_id);
    if (watched && online !== null) watched.online = online;
  }

  #add(session: Session, watching: Map<string, Watch>, id: string): Promise<void> | undefined {
    watching.set(id, { lookup: 0, state: null });
    const watched = this.#watched.get(id);
    if (watched) watched.sessions.add(session);
    else this.#watched.set(id, { sessions: new Set([session]), online: null, timer: null });
    return watched ? this.#topics.joined(watchTopic(id)) : this.#topics.hold(watchTopic(id));
  }

  #frame(presence: Presence): Frame {
    return serverFrame('presence', presence, this.#core.clock.now());
  }

  /** What was asked for is told in any case; otherwise only news are, so that of somebody hidden no changes show. */
  #send(session: Session, presence: Presence, lookup: number, frame: Frame, asked: boolean): void {
    const watch = session.watching?.get(presence.user_id);
    if (!watch || watch.lookup > lookup) return;
    const state = stateOf(presence);
    const news = asked || state !== watch.state;
    watch.lookup = lookup;
    watch.state = state;
    if (news) this.#hub.tell(session, frame);
  }
}
