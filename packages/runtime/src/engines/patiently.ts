import { setTimeout as pause } from 'node:timers/promises';
import { isUnavailable } from '@parley/core';
import type { Logger } from '@parley/platform';

/** So long a starting program waits for a store, in milliseconds: stores of a cluster start together with it. */
const patienceMs = 30_000;

/** Milliseconds between log lines about it. */
const tellMs = 5_000;

/**
 * Does what needs a store at start-up, again and again while that is away. Errors: whatever else goes wrong; after half a
 * minute, that the store cannot be reached, naming the variable that says where it is.
 */
export async function patiently<T>(
  what: string,
  variable: string,
  log: Logger,
  work: () => Promise<T>,
): Promise<T> {
  const until = performance.now() + patienceMs;
  let told = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error)) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${what} (${variable}): ${reason}`, { cause: error });
      }
      if (performance.now() > until) {
        throw new Error(`${what} cannot be reached: is ${variable} right, and is it running?`, {
          cause: error,
        });
      }
      const now = performance.now();
      if (now - told > tellMs) {
        told = now;
        const { cause } = error as Error;
        log.warn({ reason: cause instanceof Error ? cause.message : undefined }, `waiting for ${what}`);
      }
      await pause(500);
    }
  }
}
