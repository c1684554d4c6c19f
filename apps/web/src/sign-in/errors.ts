/** What goes wrong when signing in, in plain words. */
import { ParleyError } from '@parley/sdk';
import { errorText } from '../lib/errors.ts';
import { formatWait } from '../lib/numbers.ts';
import { texts } from '../texts/texts.ts';

/** A sentence; `wait` are the seconds that are left of what the server told to wait. */
export function signInError(error: unknown, wait: number): string {
  const { errors } = texts.signIn;
  if (!(error instanceof ParleyError)) return errorText(error);
  switch (error.code) {
    case 'OTP_INVALID':
    case 'OTP_EXPIRED':
    case 'VALIDATION_ERROR':
      return errors[error.code];
    case 'OTP_MAX_ATTEMPTS':
      return wait > 0 ? errors.OTP_MAX_ATTEMPTS_WAIT(formatWait(wait)) : errors.OTP_MAX_ATTEMPTS;
    case 'TOO_MANY_REQUESTS':
      return wait > 0
        ? texts.errors.TOO_MANY_REQUESTS(formatWait(wait))
        : texts.errors.TOO_MANY_REQUESTS_LATER;
    default:
      return errorText(error);
  }
}
