/** Small things that must be done in the end, though nobody waits for them. */
import { setTimeout as pause } from 'node:timers/promises';
import { isUnavailable } from '../error.ts';
import type { Log } from '../ports/engines.ts';

/** Seconds between tries; the last one repeats. */
const waits = [1, 2, 5] as const;
/** After so many seconds without success it is given up. */
const patienceSeconds = 600;

/**
 * Does `work`, again and again while what it needs is away, in the background of everything else: it does not keep a process
 * from ending. Never rejects; what is given up is logged as `what`.
 */
export async function whenBack(log: Log, what: string, work: () => Promise<unknown>): Promise<void> {
  let spent = 0;
  for (let tries = 0; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      const seconds = waits[Math.min(tries, waits.length - 1)] ?? 1;
      if (!isUnavailable(error) || spent > patienceSeconds) {
        log.warn({ err: error }, what);
        return;
      }
      if (tries === 0) log.debug({ err: error }, `${what} yet`);
      spent += seconds;
      await pause(seconds * 1000, undefined, { ref: false });
    }
  }
}
