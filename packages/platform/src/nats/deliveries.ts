/**
 * What becomes of the events of one durable consumer in this process.
 *
 * - Events of one chat (else: of one user) are handled one after the other, in the stream's order; those of different
 *   chats overlap. A handler that returns at once costs no promise.
 * - Handled: acked. Failed: given back to the server for a later delivery, to any instance; after the last one it is a dead
 *   letter. The server counts deliveries, and so failures are counted over all instances, and deaths of processes too.
 * - A store is away (`isUnavailable`): the event is held here and tried until the store is back. It is not given back,
 *   because the server would count that as a delivery; nothing else is fetched than there is room for, so the rest waits
 *   in the stream. Dead letters that cannot be stored are held in the same way.
 * - While an event is held the server is told so (`working`) and gives it to nobody else.
 */
import type { Msg } from '@nats-io/transport-node';
import { type AnyBusEvent, parseBusEvent } from '@parley/contract';
import { type DeadLetterStore, isUnavailable, type Log } from '@parley/core';
import type { Metrics } from '../metrics.ts';
import { within } from '../within.ts';
import { ack, deliveriesOf, nak, term, working } from './answers.ts';
import { Waits } from './waits.ts';

export type Handler = (event: AnyBusEvent) => void | Promise<void>;

export interface DeliveriesOptions {
  consumer: string;
  handlers: ReadonlyMap<string, readonly Handler[]>;
  log: Log;
  metrics: Pick<Metrics, 'busEvents' | 'deadLetters'>;
  deadLetters: Pick<DeadLetterStore, 'put'>;
  /** Seconds before each redelivery. */
  backoffSeconds: readonly number[];
  /** Seconds between tries while a store is away, the last one again and again. */
  outageSeconds: readonly number[];
  /** Milliseconds that the server waits for an answer. */
  ackWaitMs: number;
  /** An event is done with, whatever became of it. */
  release(): void;
}

/** An event that is held, in its lane or at work. */
interface Held {
  message: Msg;
  event: AnyBusEvent;
  /** Handlers that have not done their part yet. */
  handlers: readonly Handler[];
  deliveries: number;
}

/** Characters that are kept of something that is no event. */
const rawKept = 10_000;

export class Deliveries {
  readonly #options: DeliveriesOptions;
  /** By chat or user: what waits for the one at work. */
  readonly #lanes = new Map<string, Held[]>();
  readonly #messages = new Set<Msg>();
  readonly #waits = new Waits();
  readonly #timer: NodeJS.Timeout;
  #stopped = false;
  #idle: (() => void)[] = [];

  constructor(options: DeliveriesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      for (const message of this.#messages) working(message);
    }, options.ackWaitMs / 3).unref();
  }

  receive(message: Msg): void {
    const handlers = this.#options.handlers.get(message.subject);
    if (handlers && !this.#stopped) {
      this.#take(message, handlers);
      return;
    }
    if (this.#stopped) nak(message);
    // Another instance wants it, or the server cannot filter by several subjects.
    else ack(message);
    this.#options.release();
  }

  /** Resolves when nothing is held. */
  settled(): Promise<void> {
    return this.#messages.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Gives back what is not at work yet, and waits at most so long for what is. */
  async stop(waitMs: number): Promise<void> {
    this.#stopped = true;
    this.#waits.abandon();
    for (const lane of this.#lanes.values()) {
      for (const { message } of lane.splice(0)) this.#giveBack(message);
    }
    await within(this.settled(), waitMs);
    clearInterval(this.#timer);
  }

  #take(message: Msg, handlers: readonly Handler[]): void {
    const deliveries = deliveriesOf(message);
    let event: AnyBusEvent;
    try {
      // 5 µs for most events and 50 µs for one to a group of 256: little beside what handling them costs.
      event = parseBusEvent(JSON.parse(message.string()));
    } catch (error) {
      this.#messages.add(message);
      const raw = { subject: message.subject, raw: message.string().slice(0, rawKept) };
      void this.#bury(message, raw, error, deliveries);
      return;
    }
    if (event.consumer !== undefined && event.consumer !== this.#options.consumer) {
      // A replayed dead letter of another consumer's.
      ack(message);
      this.#options.release();
      return;
    }
    const held = { message, event, handlers, deliveries };
    const key = laneOf(event);
    const lane = this.#lanes.get(key);
    if (lane) {
      this.#messages.add(message);
      lane.push(held);
      return;
    }
    const work = this.#handle(held);
    if (!work) return;
    this.#lanes.set(key, []);
    void this.#drain(key, work);
  }

  async #drain(key: string, first: Promise<void>): Promise<void> {
    await first;
    const lane = this.#lanes.get(key);
    for (let held = lane?.shift(); held; held = lane?.shift()) await this.#handle(held);
    this.#lanes.delete(key);
  }

  /** Handles an event and answers for it; undefined where that is done already. Never rejects. */
  #handle(held: Held): Promise<void> | undefined {
    const { message, event, deliveries } = held;
    if (deliveries > this.#options.backoffSeconds.length + 1) {
      const error = new Error(`the process that handled it ended, or never answered, again and again`);
      return this.#bury(message, event, error, deliveries - 1);
    }
    let work: Promise<void> | undefined;
    try {
      work = this.#run(held);
    } catch (error) {
      return this.#failed(held, error);
    }
    if (!work) {
      this.#handled(held);
      return undefined;
    }
    this.#messages.add(message);
    return work.then(
      () => this.#handled(held),
      (error) => this.#failed(held, error),
    );
  }

  /** Lets each handler do its part; a further call only those that failed. */
  #run(held: Held): Promise<void> | undefined {
    if (held.handlers.length === 1) return held.handlers[0]?.(held.event) ?? undefined;
    return Promise.allSettled(held.handlers.map(async (handler) => handler(held.event))).then((results) => {
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      held.handlers = held.handlers.filter((_, index) => results[index]?.status === 'rejected');
      // A store that is away tells nothing about the event, so another failure counts first.
      if (failures.length > 0) throw failures.find((failure) => !isUnavailable(failure)) ?? failures[0];
    });
  }

  #handled({ message, event }: Held): void {
    const { consumer, metrics } = this.#options;
    metrics.busEvents.inc({ consumer, subject: event.event_type, outcome: 'done' });
    ack(message);
    this.#done(message);
  }

  async #failed(held: Held, error: unknown): Promise<void> {
    const { consumer, metrics, backoffSeconds, outageSeconds, log } = this.#options;
    const { message, event, deliveries } = held;
    // It is held from now on, if it was not before.
    this.#messages.add(message);
    for (let attempt = 0, cause = error; ; attempt++) {
      const away = isUnavailable(cause);
      const seconds = backoffSeconds[deliveries - 1];
      if (!away && seconds === undefined) return this.#bury(message, event, cause, deliveries);
      const fields = { consumer, subject: event.event_type, event_id: event.event_id };
      metrics.busEvents.inc({ consumer, subject: event.event_type, outcome: 'retried' });
      log.warn(
        { err: cause, ...fields, request_id: event.request_id, deliveries },
        'an event will be tried again',
      );
      if (!away) return this.#giveBack(message, (seconds as number) * 1000);
      const waited = await this.#waits.wait(nth(outageSeconds, attempt) * 1000);
      if (!waited) return this.#giveBack(message);
      try {
        await this.#run(held);
        return this.#handled(held);
      } catch (again) {
        cause = again;
      }
    }
  }

  /** Keeps the dead letter, however long the database is away; only then is the event given up. */
  async #bury(message: Msg, event: unknown, cause: unknown, deliveries: number): Promise<void> {
    const { consumer, metrics, deadLetters, outageSeconds, log } = this.#options;
    this.#messages.add(message);
    const { event_id, request_id } = event as Partial<AnyBusEvent>;
    const fields = { consumer, subject: message.subject, event_id, request_id, deliveries };
    const error = cause instanceof Error ? cause.message : String(cause);
    for (let attempt = 0; ; attempt++) {
      try {
        await deadLetters.put({ consumer, event, error, deliveries });
        break;
      } catch (problem) {
        log.error({ err: problem, ...fields }, 'a dead letter could not be kept yet');
        const waited = await this.#waits.wait(nth(outageSeconds, attempt) * 1000);
        if (!waited) return this.#giveBack(message);
      }
    }
    metrics.deadLetters.inc({ consumer, subject: message.subject });
    log.error({ err: cause, ...fields }, 'an event became a dead letter');
    term(message);
    this.#done(message);
  }

  #giveBack(message: Msg, delayMs = 0): void {
    nak(message, delayMs);
    this.#done(message);
  }

  /** Lets go of an event that was answered for. */
  #done(message: Msg): void {
    this.#messages.delete(message);
    this.#options.release();
    if (this.#messages.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function nth(seconds: readonly number[], attempt: number): number {
  return seconds[Math.min(attempt, seconds.length - 1)] ?? 1;
}

/** Events with the same key are handled in their order. */
function laneOf({ event_id, payload }: AnyBusEvent): string {
  if ('message' in payload) return payload.message.chat_id;
  if ('chat_id' in payload) return payload.chat_id ?? event_id;
  return 'user_id' in payload ? payload.user_id : event_id;
}
