/** Connections make presence (contract section 4; design rule 6). */
import type { Core } from '../context.ts';
import { makeEvent, newContext } from '../lib/events.ts';

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
  // Watchers learn of it even where the time cannot be stored: nothing would ever tell them later.
  await core.users
    .setLastSeen(userId, at)
    .catch((error) => core.log.warn({ err: error }, 'the time somebody was last seen could not be stored'));
  announce(core, userId, 'offline', at);
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
  core.bus
    .publish([makeEvent('presence.changed', context, payload, core.clock.now())])
    .catch((error) => core.log.warn({ err: error }, 'presence could not be told'));
}
