import type { InputOf, OutputOf } from '@parley/contract';
import type { Calls } from './calls.ts';
import { isTokenError, ParleyError } from './errors.ts';
import { unlessAborted } from './lib/abort.ts';
import type { AuthApi, CallOptions } from './procedures.ts';
import type { Session } from './session.ts';
import { userIdOf } from './tokens.ts';

/** What a person's device is called in the list of sessions: `name` ≤ 100 characters, and a platform. */
export type Device = NonNullable<InputOf<'auth.verifyOtp'>['device']>;

/** The user as signing in answers it. */
export type SignedInUser = OutputOf<'auth.verifyOtp'>['user'];

/** What `signIn` needs. */
export interface SignInOptions extends CallOptions {
  /** E.164, like `+491511234567`. */
  phone: string;
  /**
   * Asks the person for the 6 digits that the phone has received. On development servers `otp_dev` is the code itself.
   * What it throws ends the sign-in and is passed on as it is.
   */
  requestCode: (sent: OutputOf<'auth.requestOtp'>) => string | Promise<string>;
}

/** How signing out went. */
export interface SignOutResult {
  /** False where the server could not be told: tokens are forgotten here, but stay good until they expire. */
  revoked: boolean;
}

/** The `auth` procedures: those of the contract, which also begin, keep and end the session here. */
export function authApi(calls: Calls, session: Session, device: Device | undefined): AuthApi {
  return {
    requestOtp: (input, options) => calls.call('auth.requestOtp', input, options),

    async verifyOtp(input, options) {
      const sent = input.device ?? device;
      const answer = await calls.call(
        'auth.verifyOtp',
        { ...input, ...(sent ? { device: sent } : {}) },
        options,
      );
      await session.start(answer.user.id, answer);
      return answer;
    },

    async refresh(input, options) {
      if (!input) return unlessAborted(session.refresh(), options?.signal);
      const pair = await calls.call('auth.refresh', input, options);
      const userId = userIdOf(pair.access_token);
      if (userId === null) throw new ParleyError('TOKEN_INVALID', 'The new access token names no user');
      await session.start(userId, pair);
      return pair;
    },

    async logout(input = {}, options) {
      await session.ready;
      const refresh_token = input.refresh_token ?? session.refreshToken ?? undefined;
      const answer = await calls.call(
        'auth.logout',
        { ...input, ...(refresh_token ? { refresh_token } : {}) },
        options,
      );
      await session.end();
      return answer;
    },

    sessions: calls.procedure('auth.sessions'),
    endSession: calls.procedure('auth.endSession'),
  };
}

/** Both steps of signing in. */
export async function signIn(
  auth: AuthApi,
  { phone, requestCode, signal }: SignInOptions,
): Promise<SignedInUser> {
  const sent = await auth.requestOtp({ phone }, { signal });
  const otp = await requestCode(sent);
  const { user } = await auth.verifyOtp({ phone, otp: otp.trim() }, { signal });
  return user;
}

/** Signs out here in any case, unless all devices were meant and the server could not be told: then one can try again. */
export async function signOut(auth: AuthApi, session: Session, allDevices: boolean): Promise<SignOutResult> {
  await session.ready;
  if (session.userId === null) return { revoked: true };
  try {
    await auth.logout({ all_devices: allDevices });
    return { revoked: true };
  } catch (error) {
    const over = isTokenError(error);
    if (over || !allDevices) await session.end();
    if (allDevices) throw error;
    return { revoked: over };
  }
}
