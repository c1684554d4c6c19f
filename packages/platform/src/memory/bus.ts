/**
 * The bus of a single process, fed by the outbox. It keeps nothing itself: `publish` resolves when every consumer has
 * handled the events (or they are dead letters), and only then does the outbox forget them. A process that dies in between
 * publishes again at its next start, so handlers must be idempotent, as on any at-least-once bus.
 */
import { type AnyBusEvent, type BusEvent, type BusSubject, redeliverySeconds } from '@parley/contract';
import type { DeadLetterStore, EventBus, Log } from '@parley/core';
import type { Metrics } from '../metrics.ts';

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
}

export class MemoryBus implements EventBus {
  readonly #parts: Parts;
  readonly #subscriptions = new Map<BusSubject, Subscription[]>();
  readonly #timers = new Map<NodeJS.Timeout, () => void>();
  #inFlight = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

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

  /** Resolves when no handler is at work. */
  settled(): Promise<void> {
    return this.#inFlight === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Stops waiting for redeliveries; what was not handled stays in the outbox. */
  close(): void {
    this.#closed = true;
    for (const [timer, abandon] of this.#timers) {
      clearTimeout(timer);
      abandon();
    }
    this.#timers.clear();
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
    let error = first;
    const waits = this.#parts.backoffSeconds ?? redeliverySeconds;
    for (const seconds of waits) {
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
    this.#parts.metrics.deadLetters.inc(labels);
    this.#parts.log.error(
      { err: error, ...labels, event_id: event.event_id, request_id: event.request_id },
      'an event became a dead letter',
    );
    const reason = error instanceof Error ? error.message : String(error);
    await this.#parts.deadLetters.put({ consumer, event, error: reason, deliveries: waits.length + 1 });
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
