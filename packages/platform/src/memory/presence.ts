/** Presence leases of a single process: one per connection, summed per user. */
import { limits } from '@parley/contract';
import type { Clock, PresenceLeases } from '@parley/core';

export class MemoryPresence implements PresenceLeases {
  readonly #clock: Clock;
  /** user → connection → when the lease runs out, in milliseconds since the epoch. */
  readonly #users = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async acquire(userId: string, connectionId: string): Promise<{ first: boolean }> {
    const leases = this.#live(userId) ?? new Map<string, number>();
    const first = leases.size === 0;
    leases.set(connectionId, this.#expiry());
    this.#users.set(userId, leases);
    return { first };
  }

  async renew(leases: readonly { userId: string; connectionId: string }[]): Promise<void> {
    const expiry = this.#expiry();
    for (const { userId, connectionId } of leases) {
      const known = this.#users.get(userId);
      if (known) known.set(connectionId, expiry);
      else this.#users.set(userId, new Map([[connectionId, expiry]]));
    }
  }

  async release(userId: string, connectionId: string): Promise<{ last: boolean }> {
    const leases = this.#users.get(userId);
    if (!leases?.delete(connectionId)) return { last: false };
    const last = this.#live(userId) === undefined;
    return { last };
  }

  async online(userIds: readonly string[]): Promise<Set<string>> {
    return new Set(userIds.filter((id) => this.#live(id) !== undefined));
  }

  #expiry(): number {
    return this.#clock.now() + limits.presenceSeconds * 1000;
  }

  #live(userId: string): Map<string, number> | undefined {
    const leases = this.#users.get(userId);
    if (!leases) return undefined;
    const now = this.#clock.now();
    for (const [id, expiry] of leases) if (expiry <= now) leases.delete(id);
    if (leases.size > 0) return leases;
    this.#users.delete(userId);
    return undefined;
  }
}
