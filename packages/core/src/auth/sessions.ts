/** A user's signed-in devices (contract, beyond the papers): where they are, and ending one from another. */
import type { OutputOf, Session } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { endSessions } from './session.ts';

/** The caller's sessions that can still be renewed, the last active first. Errors: `SERVICE_UNAVAILABLE`. */
export async function listSessions(
  core: Pick<Core, 'sessions' | 'clock'>,
  caller: Caller,
): Promise<OutputOf<'auth.sessions'>> {
  const records = await core.sessions.list(caller.userId, new Date(core.clock.now()));
  const sessions = records.map(
    ({ session_id, device_name, device_platform, created_at, renewed_at }): Session => ({
      session_id,
      device: { name: device_name, platform: device_platform as Session['device']['platform'] },
      is_current: session_id === caller.sessionId,
      created_at,
      last_active_at: renewed_at,
    }),
  );
  return { sessions };
}

/**
 * Signs out one of the caller's sessions, as `logout` does the one that asks; again changes nothing. Errors: `NOT_FOUND` (also for a session
 * of somebody else), `SERVICE_UNAVAILABLE` (perhaps done: call again).
 */
export async function endSession(
  core: Pick<Core, 'sessions' | 'keyValue' | 'signals'>,
  caller: Caller,
  input: { id: string },
): Promise<OutputOf<'auth.endSession'>> {
  const { id } = input;
  if (!(await core.sessions.isOf(caller.userId, id))) {
    throw new AppError('NOT_FOUND', 'There is no such session');
  }
  await endSessions(core, caller.userId, [id]);
  return { session_id: id };
}
