/** What went wrong, in plain words. */
import { ParleyError } from '@parley/sdk';
import { texts } from '../texts/texts.ts';
import { formatWait } from './numbers.ts';

/** A sentence for anything that was thrown. */
export function errorText(error: unknown): string {
  if (!(error instanceof ParleyError)) return texts.errors.other;
  const { code, retryAfter } = error;
  if (code === 'TOO_MANY_REQUESTS' && retryAfter !== undefined) {
    return texts.errors.TOO_MANY_REQUESTS(formatWait(retryAfter));
  }
  if (code === 'TOO_MANY_REQUESTS') return texts.errors.TOO_MANY_REQUESTS_LATER;
  const known: Readonly<Record<string, unknown>> = texts.errors;
  const text = known[code];
  return typeof text === 'string' ? text : texts.errors.other;
}
