/** What operators hear of pushes: numbers, and each kind of refusal in the log once in a while rather than once a push. */
import type { Log } from '@parley/core';
import { type BreakerState, breakerStates } from './breaker.ts';

/** `unavailable`: it was not taken, and whoever sent it tries again later. */
export type PushOutcome = 'sent' | 'unregistered' | 'refused' | 'unavailable';

/** Metrics to count in; those of prom-client fit. */
export interface PushMetrics {
  pushes: { inc(labels: { outcome: PushOutcome }): void };
  /** Seconds from `send` to its end, waits and further tries included. */
  duration: { observe(labels: { outcome: PushOutcome }, seconds: number): void };
  /** A number of `breakerStates`. */
  breaker: { set(state: number): void };
}

/** Milliseconds in which a reason is logged once. */
const againMs = 600_000;

export class PushReport {
  readonly #log: Log;
  readonly #metrics: PushMetrics | undefined;
  readonly #logged = new Map<string, { at: number; more: number }>();

  constructor(log: Log, metrics: PushMetrics | undefined) {
    this.#log = log;
    this.#metrics = metrics;
  }

  /** Begins to measure a push; what it returns is called with what became of it. */
  begin(): (outcome: PushOutcome) => void {
    const started = performance.now();
    return (outcome) => {
      this.#metrics?.pushes.inc({ outcome });
      this.#metrics?.duration.observe({ outcome }, (performance.now() - started) / 1000);
    };
  }

  /** Says that pushes are refused, and how many more were since it said so. Reasons are few: they are FCM's codes. */
  refused(reason: string): void {
    const before = this.#logged.get(reason);
    if (before && performance.now() - before.at < againMs) {
      before.more++;
      return;
    }
    this.#logged.set(reason, { at: performance.now(), more: 0 });
    this.#log.error(
      { reason, before: before?.more ?? 0 },
      'the push service refuses pushes: they are not sent',
    );
  }

  breaker(state: BreakerState): void {
    this.#metrics?.breaker.set(breakerStates[state]);
  }
}
