import { type ParleyError, toParleyError } from '../errors.ts';
import type { Timing } from '../timing.ts';
import { abortError, sleep } from './abort.ts';
import { Backoff } from './backoff.ts';

export interface RepeatOptions {
  /** How often it is tried again at most. */
  readonly retries: number;
  readonly timing: Timing;
  readonly signal: AbortSignal;
  /** Whether another try may help. */
  readonly helps: (error: ParleyError) => boolean;
}

/**
 * Tries until it succeeds, with waiting times that double, or longer where the server says so. `before` is the error of the try
 * before. Rejects with the last error, or as soon as a wait is aborted.
 */
export async function repeat<T>(
  attempt: (before: ParleyError | null) => Promise<T>,
  { retries, timing, signal, helps }: RepeatOptions,
): Promise<T> {
  const backoff = new Backoff(timing.backoffMs, timing.backoffMaxMs);
  let before: ParleyError | null = null;
  for (let left = retries; ; left--) {
    if (signal.aborted) throw abortError(signal);
    try {
      return await attempt(before);
    } catch (cause) {
      before = toParleyError(cause);
    }
    if (signal.aborted) throw abortError(signal);
    if (left <= 0 || !helps(before)) throw before;
    await sleep(Math.max(backoff.next(), (before.retryAfter ?? 0) * 1000), signal);
  }
}
