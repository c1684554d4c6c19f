/** Who is to be pushed to at all: those without a connection (contract section 6). */
import type { Core } from '../context.ts';

/** Milliseconds between two lines in the log while presence cannot be read. */
const quietMs = 60_000;

/** When each engine of presence was last complained of. */
const complaints = new WeakMap<object, number>();

/** Those of the users who have no connection, in one call. Where presence cannot be read, all of them: better a push too many. */
export async function offlineAmong(
  core: Pick<Core, 'presence' | 'clock' | 'log'>,
  userIds: readonly string[],
): Promise<string[]> {
  try {
    const online = await core.presence.online(userIds);
    return userIds.filter((id) => !online.has(id));
  } catch (error) {
    const now = core.clock.now();
    const last = complaints.get(core.presence) ?? Number.NEGATIVE_INFINITY;
    if (now - last >= quietMs) {
      complaints.set(core.presence, now);
      core.log.warn({ err: error }, 'presence cannot be read: everyone is pushed to as if offline');
    }
    return [...userIds];
  }
}
