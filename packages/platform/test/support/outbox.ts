/** A store with an outbox, leases, and a bus that can be broken: what tests of the relay stand on. */
import { randomUUID } from 'node:crypto';
import type { AnyBusEvent } from '@parley/contract';
import { type LeaseStore, type OutboxRow, type OutboxStore, unavailable } from '@parley/core';
import { Metrics, OutboxRelay, type RelayOptions } from '../../src/index.ts';
import { log, statusEvent } from './bus.ts';

/** Keeps rows as PostgreSQL does: ids rise, claims and ages count by one clock. */
export class TestOutbox implements OutboxStore {
  readonly rows = new Map<string, OutboxRow & { at: number; claimedUntil: number }>();
  readonly claimed: string[] = [];
  completions = 0;
  #next = 1;

  /** Commits an event of a chat; gives the row's id and what it holds. */
  commit(chatId: string, seq: number): { id: string; events: AnyBusEvent[] } {
    const id = String(this.#next++);
    const event = statusEvent(chatId, seq);
    this.rows.set(id, { id, subject: 'msg.status.updated', payload: event, at: Date.now(), claimedUntil: 0 });
    return { id, events: [event] };
  }

  async pending(input: {
    olderThanSeconds: number;
    limit: number;
    claimSeconds: number;
  }): Promise<OutboxRow[]> {
    const now = Date.now();
    const due = [...this.rows.values()]
      .filter((row) => row.at <= now - input.olderThanSeconds * 1000 && row.claimedUntil < now)
      .slice(0, input.limit);
    for (const row of due) {
      row.claimedUntil = now + input.claimSeconds * 1000;
      this.claimed.push(row.id);
    }
    return due.map(({ id, subject, payload }) => ({ id, subject, payload }));
  }

  async complete(ids: readonly string[]): Promise<void> {
    this.completions++;
    for (const id of ids) this.rows.delete(id);
  }
}

export class TestLeases implements LeaseStore {
  readonly #held = new Map<string, { holder: string; until: number }>();
  away = false;

  async hold(name: string, holder: string, seconds: number): Promise<boolean> {
    if (this.away) throw unavailable('The database', undefined);
    const now = Date.now();
    const lease = this.#held.get(name);
    if (lease && lease.holder !== holder && lease.until >= now) return false;
    this.#held.set(name, { holder, until: now + seconds * 1000 });
    return true;
  }

  async release(name: string, holder: string): Promise<void> {
    if (this.#held.get(name)?.holder === holder) this.#held.delete(name);
  }
}

/** Takes events in order, after a moment as a server does, unless it is broken. */
export class TestBus {
  readonly taken: AnyBusEvent[] = [];
  calls = 0;
  /** Which calls fail, by their number from 1. */
  fails: (call: number) => boolean = () => false;
  error: () => unknown = () => unavailable('The event bus', undefined);

  async publish(events: readonly AnyBusEvent[]): Promise<void> {
    const fails = this.fails(++this.calls);
    await new Promise((resolve) => setImmediate(resolve));
    if (fails) throw this.error();
    this.taken.push(...events);
  }

  /** The numbers of a chat's events as they came, repeats left out. */
  seqs(chatId: string): number[] {
    const seqs = this.taken.flatMap(({ payload }) =>
      'up_to_seq' in payload && payload.chat_id === chatId ? [payload.up_to_seq] : [],
    );
    return [...new Set(seqs)];
  }
}

export function relayOn(
  store: OutboxStore,
  bus: RelayOptions['bus'],
  options: Partial<RelayOptions> = {},
): OutboxRelay {
  return new OutboxRelay({
    store,
    bus,
    expand: async (row) => [row.payload as AnyBusEvent],
    log,
    metrics: new Metrics({ process: false }),
    holder: randomUUID(),
    intervalMs: 20,
    graceSeconds: 0.2,
    completeMs: 50,
    ...options,
  });
}
