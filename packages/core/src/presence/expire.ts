/** Presence of those whose instance died: their leases ran out and nobody told (design rule 6). */
import type { Core } from '../context.ts';
import { announce, rememberLastSeen } from './connections.ts';

/** Users whom one call looks at. */
const batch = 500;

/**
 * Stores when they were last seen and tells those who watch. Says how many there were. Errors: `SERVICE_UNAVAILABLE` where presence
 * cannot be read.
 */
export async function expirePresence(
  core: Pick<Core, 'presence' | 'users' | 'bus' | 'clock' | 'log'>,
): Promise<number> {
  let total = 0;
  for (let gone = await core.presence.expired(batch); gone.length > 0; ) {
    await Promise.all(
      gone.map(async ({ userId, lastSeen }) => {
        const at = new Date(lastSeen);
        await rememberLastSeen(core, userId, at);
        announce(core, userId, 'offline', at);
      }),
    );
    total += gone.length;
    gone = gone.length < batch ? [] : await core.presence.expired(batch);
  }
  return total;
}
