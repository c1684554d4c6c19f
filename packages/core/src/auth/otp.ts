/** Sign-in by phone and code (contract section 2, Auth; HLD 9.2). */
import { randomInt } from 'node:crypto';
import { type InputOf, limits, type OutputOf } from '@parley/contract';
import type { Core } from '../context.ts';
import { AppError, unavailable } from '../error.ts';
import { newId } from '../lib/ids.ts';
import { startSession } from './session.ts';

const otpKey = (phone: string) => `otp:${phone}`;

/** The OTP limits protect accounts, so they refuse where they cannot count (contract section 3). */
async function strictly<T>(count: Promise<T>): Promise<T> {
  return count.catch((cause) => {
    throw unavailable('Sign-in', cause);
  });
}

async function refuseLocked(core: Pick<Core, 'rates'>, phone: string): Promise<void> {
  const tries = await strictly(core.rates.peek('otpVerify', phone));
  if (!tries.allowed) {
    throw new AppError('OTP_MAX_ATTEMPTS', undefined, { retryAfter: tries.retryAfterSeconds });
  }
}

/**
 * Sends a 6-digit code, replacing a pending one. Errors: `TOO_MANY_REQUESTS` (3 per phone in 5 minutes),
 * `OTP_MAX_ATTEMPTS` (the phone is locked, so a code would be of no use), `SERVICE_UNAVAILABLE`.
 */
export async function requestOtp(
  core: Pick<Core, 'rates' | 'hasher' | 'keyValue' | 'sms' | 'settings'>,
  input: InputOf<'auth.requestOtp'>,
): Promise<OutputOf<'auth.requestOtp'>> {
  await refuseLocked(core, input.phone);
  const request = await strictly(core.rates.consume('otpRequest', input.phone));
  if (!request.allowed) {
    throw new AppError('TOO_MANY_REQUESTS', 'Too many codes were requested for this phone', {
      retryAfter: request.retryAfterSeconds,
    });
  }
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  await strictly(core.keyValue.set(otpKey(input.phone), await core.hasher.hash(code), limits.otpSeconds));
  await core.sms.send({
    to: input.phone,
    text: `Your Parley code is ${code}. It works for 5 minutes.`,
    code,
  });
  return {
    request_id: newId(),
    message: 'A code was sent',
    expires_in_seconds: limits.otpSeconds,
    ...(core.settings.otpEcho ? { otp_dev: code } : {}),
  };
}

/**
 * Signs in with the code. Errors: `OTP_EXPIRED` (none pending), `OTP_INVALID`, `OTP_MAX_ATTEMPTS` (5 wrong codes lock the
 * phone for the rest of the window), `SERVICE_UNAVAILABLE`.
 */
export async function verifyOtp(
  core: Pick<Core, 'rates' | 'hasher' | 'keyValue' | 'users' | 'sessions' | 'tokens' | 'clock' | 'log'>,
  input: InputOf<'auth.verifyOtp'>,
): Promise<OutputOf<'auth.verifyOtp'>> {
  const { phone } = input;
  await refuseLocked(core, phone);
  const hash = await strictly(core.keyValue.get(otpKey(phone)));
  if (hash === null) throw new AppError('OTP_EXPIRED');

  // The try is counted before the code is compared: parallel guesses cannot get more than five.
  const attempt = await strictly(core.rates.consume('otpVerify', phone));
  if (!attempt.allowed) {
    throw new AppError('OTP_MAX_ATTEMPTS', undefined, { retryAfter: attempt.retryAfterSeconds });
  }
  if (!(await core.hasher.matches(input.otp, hash))) throw new AppError('OTP_INVALID');
  // Used once: of two equal requests at the same time, one wins.
  if (!(await strictly(core.keyValue.deleteIfEquals(otpKey(phone), hash)))) throw new AppError('OTP_EXPIRED');
  await strictly(core.rates.reset('otpVerify', phone));

  const { user, isNew } = await core.users.upsertByPhone(phone);
  const pair = await startSession(core, user, input.device);
  return {
    ...pair,
    user: { id: user.id, phone: user.phone, display_name: user.display_name, is_new_user: isNew },
  };
}
