/**
 * Keeps pushes away from a service that does not work: after so many tries in a row that failed, all others fail at once, until one
 * probe gets through. And for as long as the service asks to be left alone, nothing goes to it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@parley/core';
import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import { FcmFailure } from './fcm-failure.ts';

/** As numbers for a gauge. */
export const breakerStates = { closed: 0, half_open: 1, open: 2 } as const;
export type BreakerState = keyof typeof breakerStates;

export interface BreakerOptions {
  /** Milliseconds that a try may take. */
  timeoutMs: number;
  /** Tries in a row that fail before all others fail at once. */
  failures: number;
  /** Milliseconds from then to the probe. */
  pauseMs: number;
  log: Log;
  onState(state: BreakerState): void;
}

export class Breaker {
  readonly #policy: ReturnType<typeof guarded>;
  readonly #timeoutMs: number;
  /** By `performance.now()`, which no change of the clock moves. */
  #notBefore = 0;

  constructor(options: BreakerOptions) {
    this.#policy = guarded(options);
    this.#timeoutMs = options.timeoutMs;
    options.onState('closed');
  }

  /**
   * Does a try. It must end on its signal. Errors: those of the try; `FcmFailure` where it took too long, or where nothing may go to the
   * service now.
   */
  async execute<T>(attempt: (signal: AbortSignal) => Promise<T>, closing: AbortSignal): Promise<T> {
    if (this.waitMs() > 0) throw this.#asksToWait();
    try {
      return await this.#policy.all.execute(({ signal }) => attempt(signal), closing);
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw this.#broken(error);
      if (error instanceof TaskCancelledError) throw timedOut(this.#timeoutMs, error);
      throw error;
    }
  }

  /** All pushes fail at once. */
  get isOpen(): boolean {
    return this.#policy.breaker.state === CircuitState.Open;
  }

  /** Nothing goes to the service for so long. */
  rest(ms: number): void {
    this.#notBefore = Math.max(this.#notBefore, performance.now() + ms);
  }

  /** Milliseconds until something may go to the service again. */
  waitMs(): number {
    return Math.max(0, this.#notBefore - performance.now());
  }

  /** Waits until something may go to the service. Errors: `FcmFailure` at once where that is after `deadline` (`performance.now()`). */
  async pass(deadline: number, closing: AbortSignal): Promise<void> {
    for (let ms = this.waitMs(); ms > 0; ms = this.waitMs()) {
      if (performance.now() + ms > deadline) throw this.#asksToWait();
      await sleep(ms, undefined, { signal: closing });
    }
  }

  #asksToWait(): FcmFailure {
    return new FcmFailure('busy', `asks to wait ${Math.ceil(this.waitMs() / 1000)} s`, {
      retryAfterMs: this.waitMs(),
    });
  }

  /** What opened the breaker is why the push fails. */
  #broken(cause: BrokenCircuitError): FcmFailure {
    const last = this.#policy.breaker.lastFailure;
    const failure = last && 'error' in last ? last.error : undefined;
    if (failure instanceof FcmFailure) return new FcmFailure(failure.kind, failure.reason, { cause });
    return timedOut(this.#timeoutMs, cause);
  }
}

function timedOut(ms: number, cause: unknown): FcmFailure {
  return new FcmFailure('busy', `no answer within ${ms} ms`, { cause });
}

/** Whether a failed try says something about the service as a whole. */
function ofService(error: unknown): boolean {
  if (error instanceof FcmFailure) return error.kind !== 'device_busy';
  return error instanceof TaskCancelledError;
}

function guarded({ timeoutMs, failures, pauseMs, log, onState }: BreakerOptions) {
  const breaker = circuitBreaker(handleWhen(ofService), {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: pauseMs,
  });
  breaker.onStateChange((state) => {
    const name =
      state === CircuitState.Open ? 'open' : state === CircuitState.HalfOpen ? 'half_open' : 'closed';
    onState(name);
    if (name === 'closed') log.info({}, 'the push service works again');
    if (name === 'open') log.warn(lastReason(breaker.lastFailure), openText(pauseMs));
  });
  // `abortOnReturn` would end connections that are kept for the next push.
  const limit = timeout(timeoutMs, { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false });
  return { breaker, all: wrap(breaker, limit) };
}

function lastReason(last: object | undefined): { reason: string } {
  const error = last && 'error' in last ? last.error : undefined;
  return { reason: error instanceof FcmFailure ? error.reason : 'no answer in time' };
}

function openText(pauseMs: number): string {
  return `the push service fails: nothing goes to it for ${pauseMs} ms, then one push tries it`;
}
