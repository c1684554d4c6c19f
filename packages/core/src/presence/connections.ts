/** Connections make presence (contract section 4; design rule 6). */
import type { Core } from '../context.ts';
import { isUnavailable } from '../error.ts';
import { makeEvent, newContext } from '../lib/events.ts';
import { whenBack } from '../lib/when-back.ts';

type Parts = Pick<Core, 'presence' | 'users' | 'bus' | 'clock' | 'log'>;

/** A connection opened: the user is online from now, if not before. */
export async function connectionOpened(core: Parts, userId: string, connectionId: string): Promise<void> {
  try {
    const { first } = await core.presence.acquire(userId, connectionId);
    if (first) announce(core, userId, 'online', null);
  } catch (error) {
    // Presence is a courtesy: without it people still talk.
    core.log.warn({ err: error }, 'presence could not be told');
  }
}

/** A connection closed: with the user's last one, `last_seen` is stored and the user is offline. */
export async function connectionClosed(core: Parts, userId: string, connectionId: string): Promise<void> {
  const at = new Date(core.clock.now());
  try {
    const { last } = await core.presence.release(userId, connectionId);
    if (!last) return;
  } catch (error) {
    core.log.warn({ err: error }, 'presence could not be told');
    return;
  }
  // Watchers learn of it also while the time cannot be stored.
  await rememberLastSeen(core, userId, at);
  announce(core, userId, 'offline', at);
}

/** Stores the time; while the store is away, in the background. */
export async function rememberLastSeen(
  core: Pick<Core, 'users' | 'log'>,
  userId: string,
  at: Date,
): Promise<void> {
  const store = () => core.users.setLastSeen(userId, at);
  const problem = 'the time somebody was last seen could not be stored';
  await store().catch((error) => {
    if (isUnavailable(error)) void whenBack(core.log, problem, store);
    else core.log.warn({ err: error }, problem);
  });
}

/** Renews the leases of connections that gave a sign of life. */
export async function connectionsAlive(
  core: Pick<Core, 'presence' | 'log'>,
  leases: readonly { userId: string; connectionId: string }[],
): Promise<void> {
  if (leases.length === 0) return;
  await core.presence
    .renew(leases)
    .catch((error) => core.log.warn({ err: error }, 'presence could not be renewed'));
}

/**
 * Tells watchers of a change. Nobody waits for it: a handler that is tried again for a minute must not
 * hold up the connection's own business.
 */
export function announce(
  core: Pick<Core, 'bus' | 'clock' | 'log'>,
  userId: string,
  status: 'online' | 'offline',
  lastSeen: Date | null,
): void {
  const context = newContext({ userId, sessionId: '', requestId: `presence-${userId}` });
  const payload = { user_id: userId, status, last_seen: lastSeen?.toISOString() ?? null };
  const event = makeEvent('presence.changed', context, payload, core.clock.now());
  // Late is right too: who gets it asks how things stand then.
  void whenBack(core.log, 'presence could not be told', () => core.bus.publish([event]));
}
