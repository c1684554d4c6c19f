/**
 * The bus of a single process, fed by the outbox. It keeps nothing itself: `publish` resolves when every consumer has
 * handled the events (or they are dead letters), and only then does the outbox forget them. A process that dies in between
 * publishes again at its next start, so handlers must be idempotent, as on any at-least-once bus.
 */
import { type AnyBusEvent, type BusEvent, type BusSubject, redeliverySeconds } from '@parley/contract';
import { type DeadLetterStore, type EventBus, isUnavailable, type Log, unavailable } from '@parley/core';
import type { Metrics } from '../metrics.ts';

/** An `EventBus` with its life: made, `start`ed once everybody has subscribed, `stop`ped, closed. */
export interface BusEngine extends EventBus {
  /** Consumers begin to get events. Subscribe before; rejects where the engine cannot be reached. */
  start(): Promise<void>;
  /** Resolves when no handler of this process is at work. */
  settled(): Promise<void>;
  /** Consumers get nothing more: what they have not handled is delivered again, elsewhere or later. Publishing goes on. */
  stop(): Promise<void>;
  /** Stops, and lets the engine go. */
  close(): Promise<void>;
  /** Rejects when the engine does not answer. */
  ping(): Promise<void>;
}

/** Seconds between tries while a store that a handler needs is away; the last one repeats. */
export const outageSeconds = [1, 2, 5] as const;

interface Subscription {
  consumer: string;
  handler(event: AnyBusEvent): void | Promise<void>;
}

interface Parts {
  log: Log;
  metrics: Pick<Metrics, 'busEvents' | 'deadLetters'>;
  deadLetters: Pick<DeadLetterStore, 'put'>;
  /** Seconds before each redelivery; the contract's by default. */
  backoffSeconds?: readonly number[];
  /** Seconds between tries while a store is away, the last one again and again. */
  outageSeconds?: readonly number[];
}

export class MemoryBus implements BusEngine {
  readonly #parts: Parts;
  readonly #subscriptions = new Map<BusSubject, Subscription[]>();
  readonly #timers = new Map<NodeJS.Timeout, () => void>();
  #inFlight = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {}

  async ping(): Promise<void> {}

  subscribe<S extends BusSubject>(
    consumer: string,
    subject: S,
    handler: (event: BusEvent<S>) => void | Promise<void>,
  ): () => void {
    const subscription: Subscription = {
      consumer,
      handler: (event) => handler(event as unknown as BusEvent<S>),
    };
    const list = this.#subscriptions.get(subject) ?? [];
    this.#subscriptions.set(subject, [...list, subscription]);
    return () => {
      const rest = (this.#subscriptions.get(subject) ?? []).filter((other) => other !== subscription);
      this.#subscriptions.set(subject, rest);
    };
  }

  async publish(events: readonly AnyBusEvent[]): Promise<void> {
    let pending: Promise<void>[] | undefined;
    for (const event of events) {
      for (const subscription of this.#subscriptions.get(event.event_type) ?? []) {
        // A replayed dead letter is for the one that could not handle it.
        if (event.consumer !== undefined && event.consumer !== subscription.consumer) continue;
        // Its consumers are at work no more, and nobody else would ever tell them.
        if (this.#closed) throw unavailable('The bus', new Error('it was stopped'));
        // Handlers that need not wait cost no promise: deliveries are most of what happens here.
        const waiting = this.#deliver(subscription, event);
        if (waiting) {
          pending ??= [];
          pending.push(waiting);
        }
      }
    }
    if (pending) await this.#track(Promise.all(pending));
  }

  settled(): Promise<void> {
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Stops waiting for redeliveries, and refuses what consumers would have to be told; both stay in the outbox. */
  async stop(): Promise<void> {
    this.#closed = true;
    for (const [timer, abandon] of this.#timers) {
      clearTimeout(timer);
      abandon();
    }
    this.#timers.clear();
  }

  close(): Promise<void> {
    return this.stop();
  }

  async #track(work: Promise<unknown>): Promise<void> {
    this.#inFlight++;
    try {
      await work;
    } finally {
      if (--this.#inFlight === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  #deliver(subscription: Subscription, event: AnyBusEvent): Promise<void> | undefined {
    const labels = { consumer: subscription.consumer, subject: event.event_type };
    try {
      const result = subscription.handler(event);
      if (!(result instanceof Promise)) {
        this.#parts.metrics.busEvents.inc({ ...labels, outcome: 'done' });
        return undefined;
      }
      return result.then(
        () => this.#parts.metrics.busEvents.inc({ ...labels, outcome: 'done' }),
        (error) => this.#retry(subscription, event, error),
      );
    } catch (error) {
      return this.#retry(subscription, event, error);
    }
  }

  /** Back-off 1, 5, 15, 30, 60 s, then dead letter (contract section 5): one bad event never blocks the others. */
  async #retry(subscription: Subscription, event: AnyBusEvent, first: unknown): Promise<void> {
    const { consumer } = subscription;
    const labels = { consumer, subject: event.event_type };
    const waits = this.#parts.backoffSeconds ?? redeliverySeconds;
    let error = first;
    let failures = 0;
    let outages = 0;
    for (;;) {
      // A store that is away is no fault of the event's: it has as many tries left as before.
      const away = isUnavailable(error);
      const seconds = away ? this.#outageWait(outages++) : waits[failures++];
      if (seconds === undefined) break;
      this.#parts.metrics.busEvents.inc({ ...labels, outcome: 'retried' });
      this.#parts.log.warn(
        { err: error, ...labels, event_id: event.event_id, request_id: event.request_id },
        'an event will be tried again',
      );
      await this.#wait(seconds * 1000);
      try {
        await subscription.handler(event);
        this.#parts.metrics.busEvents.inc({ ...labels, outcome: 'done' });
        return;
      } catch (again) {
        error = again;
      }
    }
    await this.#bury(consumer, event, error, failures);
  }

  /** Keeps the dead letter, however long the database is away. */
  async #bury(consumer: string, event: AnyBusEvent, cause: unknown, deliveries: number): Promise<void> {
    const labels = { consumer, subject: event.event_type };
    const fields = { ...labels, event_id: event.event_id, request_id: event.request_id };
    const error = cause instanceof Error ? cause.message : String(cause);
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#parts.deadLetters.put({ consumer, event, error, deliveries });
        break;
      } catch (problem) {
        this.#parts.log.error({ err: problem, ...fields }, 'a dead letter could not be kept yet');
        await this.#wait(this.#outageWait(attempt) * 1000);
      }
    }
    this.#parts.metrics.deadLetters.inc(labels);
    this.#parts.log.error({ err: cause, ...fields }, 'an event became a dead letter');
  }

  #outageWait(attempt: number): number {
    const waits = this.#parts.outageSeconds ?? outageSeconds;
    return waits[Math.min(attempt, waits.length - 1)] ?? 1;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const abandon = () => reject(new Error('the bus was closed before the event was handled'));
      if (this.#closed) {
        abandon();
        return;
      }
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.set(timer, abandon);
    });
  }
}
