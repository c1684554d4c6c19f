/**
 * The outbox relay (design rule 2): nothing between store and bus is lost. Each store with an outbox has one in every process.
 *
 * Phases of a change:
 * 1. committed — the change and its outbox row are one commit in the store;
 * 2. published — right after the commit, by the process that made it (`publish`), from its backlog when the bus comes back,
 *    or by a sweep (`#sweep`) of any process when that one died;
 * 3. forgotten — once every event is on the bus, the row's id is noted and deleted with the next commit (`takePublished`),
 *    or by a timer where the store does not take ids along or nothing else is written.
 *
 * Invariants: a row is forgotten only after its publish resolved. Rows go to the bus in the order of their commits; after a
 * failure later ones queue behind it (backlog.ts). Where processes share a store, one of them sweeps at a time (a lease), and
 * rows younger than the grace time are left to the process that wrote them; a sweep claims rows and leaves alone what its own
 * process is still publishing. A repeat carries the same event ids.
 */
import { randomUUID } from 'node:crypto';
import type { AnyBusEvent } from '@parley/contract';
import type { EventBus, LeaseStore, Log, OutboxRow, OutboxStore, Publisher } from '@parley/core';
import type { Metrics } from '../metrics.ts';
import { Backlog } from './backlog.ts';
import { Sweeping } from './sweeping.ts';

export interface RelayOptions {
  /** Tells the store from others: in the log, and in the lease's name. */
  name?: string;
  store: OutboxStore;
  bus: Pick<EventBus, 'publish'>;
  /** Makes a row's events again from what is stored. */
  expand(row: OutboxRow): Promise<AnyBusEvent[]>;
  log: Log;
  metrics: Pick<Metrics, 'outboxSwept'>;
  /**
   * No other process uses the store: then the first sweep takes everything that is there. True by default where no `leases`
   * are given.
   */
  exclusive?: boolean;
  /** Decides which of several processes sweeps. */
  leases?: LeaseStore;
  /** This process, as holder of the lease; a name of its own by default. */
  holder?: string;
  /** Milliseconds between sweeps. */
  intervalMs?: number;
  /** Rows younger than this are left to the process that wrote them. */
  graceSeconds?: number;
  /** Milliseconds until published rows are forgotten where no commit takes them along. */
  completeMs?: number;
}

/** Published rows that are not left to the timer. */
const completeRows = 500;

export class OutboxRelay implements Publisher {
  readonly #options: RelayOptions;
  readonly #name: string;
  readonly #backlog: Backlog;
  readonly #sweeping: Sweeping;
  #published: string[] = [];
  #completeTimer: NodeJS.Timeout | undefined;
  #forgetting: Promise<void> | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#name = options.name ?? 'postgresql';
    this.#backlog = new Backlog({
      bus: options.bus,
      log: options.log,
      onPublished: (id) => this.#note(id),
    });
    this.#sweeping = new Sweeping({
      ...options,
      name: this.#name,
      exclusive: options.exclusive ?? options.leases === undefined,
      holder: options.holder ?? randomUUID(),
      backlog: this.#backlog,
      isPublished: (id) => this.#published.includes(id),
      forget: () => this.#forget(),
    });
  }

  /** Publishes a committed row; never throws or blocks. What fails is tried again, behind it everything later. */
  publish(outboxId: string, events: readonly AnyBusEvent[]): void {
    this.#backlog.publish(outboxId, events);
  }

  /** Ids of published rows, for the next commit to forget. */
  takePublished(): string[] {
    const ids = this.#published;
    if (ids.length > 0) this.#published = [];
    return ids;
  }

  /** Gives back ids whose commit failed. */
  returnPublished(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#published.push(...ids);
    this.#forgetInTime();
  }

  /** Publishes what an earlier process left (all of it where the store is exclusive), then sweeps in intervals. */
  start(): Promise<void> {
    return this.#sweeping.start();
  }

  /** Stops sweeping and waits for what is on its way to the bus, then forgets it. What is not goes to a later sweep. */
  async stop(): Promise<void> {
    await this.#sweeping.stop();
    await this.#backlog.stop();
    clearTimeout(this.#completeTimer);
    await this.#forget();
  }

  /** Resolves when everything given to `publish` is on the bus and forgotten. */
  async settled(): Promise<void> {
    await this.#backlog.settled();
    await this.#forget();
  }

  #note(id: string): void {
    this.#published.push(id);
    if (this.#published.length < completeRows) this.#forgetInTime();
    else if (!this.#forgetting) this.#forgetNow();
  }

  #forgetInTime(): void {
    this.#completeTimer ??= setTimeout(() => this.#forgetNow(), this.#options.completeMs ?? 200).unref();
  }

  #forgetNow(): void {
    clearTimeout(this.#completeTimer);
    this.#completeTimer = undefined;
    this.#forget().catch((error) => {
      // They were given back, and so the timer is set again: published events may repeat, but none is lost.
      this.#options.log.warn({ err: error, store: this.#name }, 'published rows could not be forgotten yet');
    });
  }

  /** One at a time: several would only wait for each other. */
  async #forget(): Promise<void> {
    while (this.#forgetting) await this.#forgetting.catch(() => undefined);
    const ids = this.takePublished();
    if (ids.length === 0) return;
    this.#forgetting = this.#options.store.complete(ids);
    try {
      await this.#forgetting;
    } catch (error) {
      this.#forgetting = undefined;
      this.returnPublished(ids);
      throw error;
    } finally {
      this.#forgetting = undefined;
    }
  }
}
