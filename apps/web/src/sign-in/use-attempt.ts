import { ParleyError } from '@parley/sdk';
import { useState } from 'react';
import { useCountdown } from '../lib/use-countdown.ts';
import { signInError } from './errors.ts';

export interface Attempt {
  readonly busy: boolean;
  /** What went wrong last, in words that count down where one has to wait. */
  readonly error: string | null;
  /** The code of what went wrong last. */
  readonly code: string | null;
  /** Seconds to wait before the next try. */
  readonly wait: number;
  /** Runs one try; undefined where it failed. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T | undefined>;
  readonly clear: () => void;
}

/** One thing that is tried, and what came of it. */
export function useAttempt(): Attempt {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [wait, startWait] = useCountdown();
  const run = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true);
    setError(null);
    try {
      return await work();
    } catch (cause) {
      setError(cause);
      if (cause instanceof ParleyError && cause.retryAfter) startWait(cause.retryAfter);
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    error: error === null ? null : signInError(error, wait),
    code: error instanceof ParleyError ? error.code : null,
    wait,
    run,
    clear: () => setError(null),
  };
}
