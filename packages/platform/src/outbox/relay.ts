/**
 * The outbox relay (design rule 2): nothing between store and bus is lost.
 *
 * Phases of a change:
 * 1. committed — the change and its outbox row are one commit in the store;
 * 2. published — right after the commit, by the process that made it (`publish`), or by a sweep (`#sweep`) when that
 *    process died or the bus was down;
 * 3. forgotten — once every event is on the bus, the row's id is noted and deleted with the next commit (`takePublished`),
 *    or by the timer when nothing else is written.
 *
 * Invariants: a row is forgotten only after its publish resolved. A sweep claims rows first, so relays do not do the same
 * work twice, and leaves alone what this process is still publishing. A repeat carries the same event ids.
 */
import type { AnyBusEvent } from '@parley/contract';
import type { EventBus, Log, OutboxRow, OutboxStore, Publisher } from '@parley/core';
import type { Metrics } from '../metrics.ts';

export interface RelayOptions {
  store: OutboxStore;
  bus: Pick<EventBus, 'publish'>;
  /** Makes a row's events again from what is stored. */
  expand(row: OutboxRow): Promise<AnyBusEvent[]>;
  log: Log;
  metrics: Pick<Metrics, 'outboxSwept'>;
  /** Milliseconds between sweeps. */
  intervalMs?: number;
  /** Rows younger than this are left to the process that wrote them. */
  graceSeconds?: number;
}

const claimSeconds = 30;
const rowsPerSweep = 500;
/** Milliseconds that a sweep waits for one row before it goes on with the next. */
const rowMs = 1_000;

/** What a promise comes to, or undefined if that takes longer. */
async function within<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

export class OutboxRelay implements Publisher {
  readonly #options: RelayOptions;
  readonly #publishing = new Map<string, Promise<void>>();
  #published: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Publishes a committed row; never throws. What fails is left for the sweep. */
  publish(outboxId: string, events: readonly AnyBusEvent[]): void {
    void this.#publish(outboxId, events);
  }

  /** Says whether the bus took the events; the row is tracked until then. */
  #publish(outboxId: string, events: readonly AnyBusEvent[]): Promise<boolean> {
    const work = this.#options.bus.publish(events).then(
      () => {
        this.#published.push(outboxId);
        return true;
      },
      (error) => {
        this.#options.log.warn({ err: error, outbox_id: outboxId }, 'an event waits for the next sweep');
        return false;
      },
    );
    const tracked = work.then(() => {
      this.#publishing.delete(outboxId);
    });
    this.#publishing.set(outboxId, tracked);
    return work;
  }

  /** Ids of published rows, for the next commit to forget. */
  takePublished(): string[] {
    const ids = this.#published;
    if (ids.length > 0) this.#published = [];
    return ids;
  }

  /** Gives back ids whose commit failed. */
  returnPublished(ids: readonly string[]): void {
    this.#published.push(...ids);
  }

  /** Publishes everything that an earlier process left, then sweeps in intervals. */
  async start(): Promise<void> {
    await this.#sweepOnce(0);
    this.#timer = setInterval(
      () => void this.#sweepOnce(this.#options.graceSeconds ?? 5),
      this.#options.intervalMs ?? 1_000,
    );
    this.#timer.unref();
  }

  /** Stops sweeping and waits for what is being published, then forgets it. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    await this.settled();
  }

  /** Resolves when everything given to `publish` is on the bus and forgotten. */
  async settled(): Promise<void> {
    while (this.#publishing.size > 0) await Promise.all(this.#publishing.values());
    await this.#forget();
  }

  #sweepOnce(olderThanSeconds: number): Promise<void> {
    this.#sweeping ??= this.#sweep(olderThanSeconds)
      .catch((error) => this.#options.log.warn({ err: error }, 'the outbox could not be swept'))
      .finally(() => {
        this.#sweeping = undefined;
      });
    return this.#sweeping;
  }

  async #sweep(olderThanSeconds: number): Promise<void> {
    await this.#forget();
    const rows = await this.#options.store.pending({ olderThanSeconds, limit: rowsPerSweep, claimSeconds });
    // One after the other: the order of a chat's events is the order of its rows.
    for (const row of rows) {
      if (this.#publishing.has(row.id) || this.#published.includes(row.id)) continue;
      const events = await this.#expand(row);
      if (!events) continue;
      const taken = await within(this.#publish(row.id, events), rowMs);
      // A bus that is down ends the sweep here: the next one goes on in order. One row that takes long does not.
      if (taken === false) return;
      this.#options.metrics.outboxSwept.inc();
    }
    await this.#forget();
    if (rows.length === rowsPerSweep) await this.#sweep(olderThanSeconds);
  }

  /** A row that cannot be read must not hold up those behind it; its claim runs out and it is tried again. */
  async #expand(row: OutboxRow): Promise<AnyBusEvent[] | undefined> {
    try {
      return await this.#options.expand(row);
    } catch (error) {
      this.#options.log.error(
        { err: error, outbox_id: row.id, subject: row.subject },
        'an outbox row cannot be read',
      );
      return undefined;
    }
  }

  async #forget(): Promise<void> {
    const ids = this.takePublished();
    if (ids.length === 0) return;
    try {
      await this.#options.store.complete(ids);
    } catch (error) {
      this.returnPublished(ids);
      throw error;
    }
  }
}
