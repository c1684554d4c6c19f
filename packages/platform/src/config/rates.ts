/** The variables of the rate limits (contract section 3). */
import type { RateLimit, RateScope } from '@parley/contract';

export const rateNames = {
  otpRequest: ['RATE_LIMIT_OTP_REQUEST', 'Sign-in codes per phone'],
  otpVerify: ['RATE_LIMIT_OTP_VERIFY', 'Tries of a sign-in code per phone'],
  apiUser: ['RATE_LIMIT_API_USER', 'Requests per signed-in user'],
  apiIp: ['RATE_LIMIT_API_IP', 'Requests per address that is not signed in'],
  socketMessage: ['RATE_LIMIT_SOCKET_MESSAGE', 'Real-time messages per user'],
  socketFrame: ['RATE_LIMIT_SOCKET_FRAME', 'Real-time frames that are no messages, per user'],
  mediaUpload: ['RATE_LIMIT_MEDIA_UPLOAD', 'Uploads per user'],
  contactSync: ['RATE_LIMIT_CONTACT_SYNC', 'Contact syncs per user'],
} as const satisfies Record<RateScope, readonly [string, string]>;

/** As it stands in a variable. */
export function showLimit(limit: RateLimit): string {
  return `${limit.points}/${limit.seconds}${limit.burst ? `+${limit.burst}` : ''}`;
}

/** Errors: what it must be. */
export function readLimit(value: string): RateLimit {
  const match = /^(\d{1,7})\/(\d{1,6})(?:\+(\d{1,6}))?$/.exec(value);
  if (!match || Number(match[1]) < 1 || Number(match[2]) < 1) {
    throw new Error('must be points/seconds or points/seconds+burst, like 100/60+20');
  }
  return {
    points: Number(match[1]),
    seconds: Number(match[2]),
    ...(match[3] ? { burst: Number(match[3]) } : {}),
  };
}
