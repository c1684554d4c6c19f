/** Push tokens: where a device is to be pushed to (contract section 2, Users). */
import type { InputOf, OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';

/**
 * The session's device is pushed to from now on; a token that the session had before is forgotten, and one that another user or session
 * had is the caller's from now on. Errors: `SERVICE_UNAVAILABLE`.
 */
export async function registerPushToken(
  core: Pick<Core, 'devices'>,
  caller: Caller,
  input: InputOf<'users.setFcmToken'>,
): Promise<OutputOf<'users.setFcmToken'>> {
  const { token, platform } = input;
  await core.devices.register({ userId: caller.userId, sessionId: caller.sessionId, token, platform });
  return { platform };
}

/** The session's device is not pushed to any more; says whether it was. Errors: `SERVICE_UNAVAILABLE`. */
export async function removePushToken(
  core: Pick<Core, 'devices'>,
  caller: Caller,
): Promise<OutputOf<'users.deleteFcmToken'>> {
  return { removed: await core.devices.remove(caller.userId, caller.sessionId) };
}
