/** Sweeps: publishing what processes that died, or that could not keep any more in memory, have left in an outbox. */
import type { AnyBusEvent } from '@parley/contract';
import { isUnavailable, type LeaseStore, type Log, type OutboxRow, type OutboxStore } from '@parley/core';
import type { Metrics } from '../metrics.ts';
import { within } from '../within.ts';
import type { Backlog, Sent } from './backlog.ts';

export interface SweepingOptions {
  name: string;
  store: OutboxStore;
  expand(row: OutboxRow): Promise<AnyBusEvent[]>;
  log: Log;
  metrics: Pick<Metrics, 'outboxSwept'>;
  exclusive: boolean;
  leases?: LeaseStore;
  holder: string;
  intervalMs?: number;
  graceSeconds?: number;
  backlog: Backlog;
  /** The row is on the bus and only has to be forgotten. */
  isPublished(id: string): boolean;
  forget(): Promise<void>;
}

const defaultGrace = 5;
/** Seconds that rows of a sweep are kept from other sweeps. */
const claimSeconds = 30;
/** At most, and shorter than the grace time: when the process that sweeps dies, the next is at it before its rows are due. */
const longestLeaseSeconds = 3;
const rowsPerSweep = 500;
/** Rows of a sweep that are on their way to the bus at once. */
const rowsAtOnce = 32;
/** Milliseconds that a sweep waits for such rows before it goes on: one whose handlers take long holds up nobody. */
const rowsMs = 1_000;

export class Sweeping {
  readonly #options: SweepingOptions;
  #timer: NodeJS.Timeout | undefined;
  #current: Promise<void> | undefined;
  #leaseUntil = 0;
  #stopped = false;

  constructor(options: SweepingOptions) {
    this.#options = options;
  }

  /** Sweeps once, then in intervals. */
  async start(): Promise<void> {
    const { exclusive, graceSeconds = defaultGrace, intervalMs = 1_000 } = this.#options;
    // What others wrote a moment ago they are publishing right now.
    await this.#once(exclusive ? 0 : graceSeconds);
    if (this.#stopped) return;
    this.#timer = setInterval(() => void this.#once(graceSeconds), intervalMs).unref();
  }

  /** Ends a sweep after the rows that it is at, and lets another process sweep. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#current;
    const { leases, holder, name } = this.#options;
    if (this.#leaseUntil > 0 && leases) {
      // It runs out by itself within seconds.
      await leases.release(`outbox:${name}`, holder).catch(() => undefined);
    }
  }

  #once(olderThanSeconds: number): Promise<void> {
    const { log, name } = this.#options;
    this.#current ??= this.#sweep(olderThanSeconds)
      .catch((error) => log.warn({ err: error, store: name }, 'the outbox could not be swept'))
      .finally(() => {
        this.#current = undefined;
      });
    return this.#current;
  }

  async #sweep(olderThanSeconds: number): Promise<void> {
    const { backlog, forget, store } = this.#options;
    await forget();
    for (;;) {
      // While the bus is away there is nothing to do but wait for it.
      if (this.#stopped || backlog.busy || !(await this.#isMine())) return;
      const rows = await store.pending({ olderThanSeconds, limit: rowsPerSweep, claimSeconds });
      for (let first = 0; first < rows.length; first += rowsAtOnce) {
        if (first > 0 && (this.#stopped || !(await this.#isMine()))) return;
        if (!(await this.#publish(rows.slice(first, first + rowsAtOnce)))) return;
      }
      await forget();
      // Not every store fills a page: none are left when none come.
      if (rows.length === 0) return;
    }
  }

  /** Publishes rows in their order; false where the bus or a store is away. */
  async #publish(rows: OutboxRow[]): Promise<boolean> {
    const { backlog, isPublished, metrics } = this.#options;
    const work: Promise<Sent>[] = [];
    for (const row of rows) {
      if (backlog.has(row.id) || isPublished(row.id)) continue;
      const events = await this.#expand(row);
      if (events === 'away') return false;
      if (events === 'unreadable') continue;
      work.push(
        backlog.publish(row.id, events).then((sent) => {
          if (sent === 'published') metrics.outboxSwept.inc();
          return sent;
        }),
      );
    }
    const sent = await within(Promise.all(work), rowsMs);
    return !sent?.includes('queued');
  }

  /** A row that cannot be read must not hold up those behind it; its claim runs out and it is tried again. */
  async #expand(row: OutboxRow): Promise<AnyBusEvent[] | 'unreadable' | 'away'> {
    const { expand, log, name } = this.#options;
    try {
      return await expand(row);
    } catch (error) {
      if (isUnavailable(error)) return 'away';
      log.error(
        { err: error, store: name, outbox_id: row.id, subject: row.subject },
        'an outbox row cannot be read',
      );
      return 'unreadable';
    }
  }

  /** Takes or keeps the lease; false while another process sweeps, or nobody can say. */
  async #isMine(): Promise<boolean> {
    const { exclusive, leases, holder, log, name } = this.#options;
    if (exclusive || !leases) return true;
    const now = performance.now();
    // Renewed well before it runs out, but not for every few rows.
    const leaseSeconds = Math.min(longestLeaseSeconds, (this.#options.graceSeconds ?? defaultGrace) * 0.6);
    if (this.#leaseUntil - now > (leaseSeconds * 1000 * 2) / 3) return true;
    try {
      const mine = await leases.hold(`outbox:${name}`, holder, leaseSeconds);
      this.#leaseUntil = mine ? now + leaseSeconds * 1000 : 0;
      return mine;
    } catch (error) {
      log.warn({ err: error, store: name }, 'whose turn it is to sweep cannot be told');
      this.#leaseUntil = 0;
      return false;
    }
  }
}
