/**
 * Rows on their way to the bus. As long as it takes them they go out side by side, in the order of the calls. Once one fails,
 * later ones queue behind it in memory and are sent again in order, with back-off, until the queue is through. Nobody waits
 * for any of it.
 *
 * A row that the bus refuses for what it is (too large, say) does not hold up the others: it is left to the sweep. So are rows
 * beyond the bounds below.
 */
import type { AnyBusEvent } from '@parley/contract';
import { type EventBus, isUnavailable, type Log } from '@parley/core';

interface Entry {
  id: string;
  events: readonly AnyBusEvent[];
  /** The order of the calls. */
  order: number;
}

export interface BacklogOptions {
  bus: Pick<EventBus, 'publish'>;
  log: Log;
  /** All events of the row are on the bus. */
  onPublished(id: string): void;
}

const maxRows = 5_000;
/** A row may hold a whole batch: this bounds the memory. */
const maxEvents = 50_000;
/** Rows that are sent again at once. */
const rowsAtOnce = 64;
const firstWaitMs = 100;
const longestWaitMs = 1_000;

/** What came of a row: on the bus, in the queue until it is, or left to a sweep. */
export type Sent = 'published' | 'queued' | 'left';

export class Backlog {
  readonly #options: BacklogOptions;
  readonly #sending = new Map<string, Promise<Sent>>();
  #queue: Entry[] = [];
  #queuedEvents = 0;
  #order = 0;
  #draining: Promise<void> | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;
  #overflown = false;

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  /** Rows wait for the bus to come back. */
  get busy(): boolean {
    return this.#draining !== undefined;
  }

  /** Whether this process is about to publish the row. */
  has(id: string): boolean {
    return this.#sending.has(id) || this.#queue.some((entry) => entry.id === id);
  }

  publish(id: string, events: readonly AnyBusEvent[]): Promise<Sent> {
    const entry = { id, events, order: this.#order++ };
    if (!this.#draining) return this.#send(entry);
    return Promise.resolve(this.#enqueue(entry));
  }

  /** Resolves when nothing is on its way and nothing waits. */
  async settled(): Promise<void> {
    while (this.#sending.size > 0 || this.#draining) {
      await Promise.all(this.#sending.values());
      await this.#draining;
    }
  }

  /** Waits for what is on its way; what waits for the bus is left to a sweep. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.settled();
  }

  #send(entry: Entry): Promise<Sent> {
    const work = this.#options.bus.publish(entry.events).then(
      (): Sent => {
        this.#options.onPublished(entry.id);
        return 'published';
      },
      (error) => this.#failed(entry, error),
    );
    const tracked = work.finally(() => {
      if (this.#sending.get(entry.id) === tracked) this.#sending.delete(entry.id);
    });
    this.#sending.set(entry.id, tracked);
    return tracked;
  }

  #failed(entry: Entry, error: unknown): Sent {
    const { log } = this.#options;
    if (!isUnavailable(error)) {
      log.error({ err: error, outbox_id: entry.id }, 'the bus refused an event: it waits for a later sweep');
      return 'left';
    }
    if (!this.#draining) log.warn({ err: error }, 'the bus does not take events: they wait for it');
    const sent = this.#enqueue(entry);
    if (sent === 'queued') this.#draining ??= this.#drain();
    return sent;
  }

  #enqueue(entry: Entry): Sent {
    if (
      this.#stopped ||
      this.#queue.length >= maxRows ||
      this.#queuedEvents + entry.events.length > maxEvents
    ) {
      if (!this.#overflown && !this.#stopped) {
        this.#overflown = true;
        this.#options.log.warn(
          { rows: this.#queue.length },
          'too many events wait: the rest is left to sweeps',
        );
      }
      return 'left';
    }
    this.#queue.push(entry);
    this.#queuedEvents += entry.events.length;
    return 'queued';
  }

  async #drain(): Promise<void> {
    let waitMs = firstWaitMs;
    // What was sent together with the first that failed comes back too, if it failed: only then is the order known.
    await Promise.all(this.#sending.values());
    while (this.#queue.length > 0 && !this.#stopped) {
      await this.#pause(waitMs);
      // One alone first: a bus that came back amid many would take later ones and not those before.
      let failed = await this.#sendAgain(1);
      while (this.#queue.length > 0 && !failed && !this.#stopped) failed = await this.#sendAgain(rowsAtOnce);
      waitMs = Math.min(failed ? waitMs * 2 : firstWaitMs, longestWaitMs);
    }
    this.#queue = [];
    this.#queuedEvents = 0;
    this.#overflown = false;
    // In the same turn in which the queue was seen empty: nothing can be put into it and be forgotten there.
    this.#draining = undefined;
    if (!this.#stopped) this.#options.log.info({}, 'the bus takes events again');
  }

  /** Sends the oldest rows of the queue again; says whether one failed, and so stays in its place. */
  async #sendAgain(count: number): Promise<boolean> {
    this.#queue.sort((a, b) => a.order - b.order);
    const entries = this.#queue.splice(0, count);
    for (const entry of entries) this.#queuedEvents -= entry.events.length;
    const results = await Promise.all(entries.map((entry) => this.#send(entry)));
    return results.includes('queued');
  }

  #pause(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
