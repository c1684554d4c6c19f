/** Passing events on as long as it takes: through lost connections, time-outs, rate limits and a server in trouble. */
import { isTokenError, type ParleyError, toParleyError } from '../errors.ts';
import { abortError, sleep, unlessAborted } from '../lib/abort.ts';
import { Backoff } from '../lib/backoff.ts';
import { deferred } from '../lib/deferred.ts';
import type { Timing } from '../timing.ts';

/** How often an event may meet `INTERNAL_ERROR`: it may be the event itself that the server cannot bear. */
const maxInternalErrors = 8;

/** Resolves when something can be sent; rejects when the signal aborts. */
export type WhenOpen = (signal: AbortSignal) => Promise<void>;

/** Lets so many at a time pass, only while online, and nobody while the server asks to wait. */
export class Gate {
  readonly #way: { whenOnline: WhenOpen };
  readonly #timing: Timing;
  readonly #width: number;
  readonly #queue: (() => void)[] = [];
  #inside = 0;
  /** By the clock that nobody moves. */
  #closedUntil = 0;

  constructor(way: { whenOnline: WhenOpen }, timing: Timing, width: number) {
    this.#way = way;
    this.#timing = timing;
    this.#width = width;
  }

  /**
   * Runs `attempt` until it succeeds. Lost connections and time-outs are followed by another attempt, which must therefore do
   * no harm when the first had succeeded after all. Rejects with definitive errors, and when the signal aborts.
   */
  async pass<T>(
    attempt: () => Promise<T>,
    signal: AbortSignal,
    whenOpen: WhenOpen = (ended) => this.#way.whenOnline(ended),
  ): Promise<T> {
    const backoff = new Backoff(this.#timing.backoffMs, this.#timing.backoffMaxMs);
    let internalErrors = 0;
    for (;;) {
      await this.#enter(signal, whenOpen);
      let error: ParleyError;
      try {
        return await attempt();
      } catch (cause) {
        error = toParleyError(cause);
      } finally {
        this.#leave();
      }
      if (signal.aborted) throw abortError(signal);
      // The gate itself waits for the next connection.
      if (error.code === 'NETWORK_ERROR' || error.code === 'TIMEOUT') continue;
      if (error.code === 'TOO_MANY_REQUESTS') {
        // The limit is the user's, not this event's: all wait.
        this.#closedUntil = performance.now() + Math.max(50, (error.retryAfter ?? 1) * 1000);
      } else if (error.retriable || isTokenError(error)) {
        if (error.code === 'INTERNAL_ERROR' && ++internalErrors >= maxInternalErrors) throw error;
        await sleep(Math.max(backoff.next(), (error.retryAfter ?? 0) * 1000), signal);
      } else {
        throw error;
      }
    }
  }

  async #enter(signal: AbortSignal, whenOpen: WhenOpen): Promise<void> {
    for (;;) {
      await whenOpen(signal);
      const wait = this.#closedUntil - performance.now();
      if (wait > 0) {
        await sleep(wait, signal);
        if (signal.aborted) throw abortError(signal);
      } else if (this.#inside < this.#width) {
        this.#inside++;
        return;
      } else {
        const free = deferred<void>();
        this.#queue.push(free.resolve);
        try {
          await unlessAborted(free.promise, signal);
        } catch (error) {
          const at = this.#queue.indexOf(free.resolve);
          if (at >= 0) this.#queue.splice(at, 1);
          throw error;
        }
      }
    }
  }

  #leave(): void {
    this.#inside--;
    // All look again: the first of them may find that what it wanted to send is gone.
    for (const free of this.#queue.splice(0)) free();
  }
}
