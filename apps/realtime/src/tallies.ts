import type { Metrics } from '@parley/platform';
import type { Transport } from './session.ts';

/** Why the server closed a connection, as the metric has it. */
export type CloseReason = 'unauthorized' | 'idle' | 'slow_reader' | 'too_big' | 'restart' | 'internal';

/** Counts what happens per frame in plain numbers and hands them to the metrics once a tick. */
export class Tallies {
  readonly #metrics: Metrics;
  readonly #deliveries = new Map<string, number>();
  readonly #frames = new Map<string, Map<string, number>>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  delivered(event: string, receivers: number): void {
    this.#deliveries.set(event, (this.#deliveries.get(event) ?? 0) + receivers);
  }

  /** A frame from a client was handled; `event` must be a known name, `outcome` is `ok` or an error code. */
  frame(event: string, outcome: string): void {
    let outcomes = this.#frames.get(event);
    if (!outcomes) {
      outcomes = new Map();
      this.#frames.set(event, outcomes);
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }

  opened(transport: Transport): void {
    this.#metrics.socketConnections.inc({ transport });
  }

  gone(transport: Transport): void {
    this.#metrics.socketConnections.dec({ transport });
  }

  closed(reason: CloseReason): void {
    this.#metrics.closes.inc({ reason });
  }

  flush(): void {
    for (const [event, count] of this.#deliveries) this.#metrics.deliveries.inc({ event }, count);
    this.#deliveries.clear();
    for (const [event, outcomes] of this.#frames) {
      for (const [outcome, count] of outcomes) this.#metrics.socketFrames.inc({ event, outcome }, count);
      outcomes.clear();
    }
  }
}
