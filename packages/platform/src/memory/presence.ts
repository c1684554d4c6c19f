/** Presence leases of a single process: one per connection, summed per user. */
import { limits } from '@parley/contract';
import type { Clock, PresenceLeases } from '@parley/core';

const leaseMs = limits.presenceSeconds * 1000;

interface Presence {
  /** Connection → when its lease runs out, in milliseconds since the epoch. */
  leases: Map<string, number>;
  /** The end of the longest lease so far. */
  ends: number;
}

export class MemoryPresence implements PresenceLeases {
  readonly #clock: Clock;
  /** Everybody who was told online and not yet offline, even where the leases are over. */
  readonly #users = new Map<string, Presence>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async acquire(userId: string, connectionId: string): Promise<{ first: boolean }> {
    const first = !this.#users.has(userId);
    this.#hold(userId, connectionId);
    return { first };
  }

  async renew(leases: readonly { userId: string; connectionId: string }[]): Promise<void> {
    for (const { userId, connectionId } of leases) this.#hold(userId, connectionId);
  }

  async release(userId: string, connectionId: string): Promise<{ last: boolean }> {
    const presence = this.#users.get(userId);
    if (!presence) return { last: false };
    presence.leases.delete(connectionId);
    if (this.#isLive(presence)) return { last: false };
    return { last: this.#users.delete(userId) };
  }

  async online(userIds: readonly string[]): Promise<Set<string>> {
    return new Set(
      userIds.filter((id) => {
        const presence = this.#users.get(id);
        return presence !== undefined && this.#isLive(presence);
      }),
    );
  }

  async expired(limit: number): Promise<{ userId: string; lastSeen: number }[]> {
    const found: { userId: string; lastSeen: number }[] = [];
    for (const [userId, presence] of this.#users) {
      if (found.length >= limit) break;
      if (this.#isLive(presence)) continue;
      this.#users.delete(userId);
      found.push({ userId, lastSeen: presence.ends - leaseMs });
    }
    return found;
  }

  #hold(userId: string, connectionId: string): void {
    const presence = this.#users.get(userId) ?? { leases: new Map<string, number>(), ends: 0 };
    presence.ends = this.#clock.now() + leaseMs;
    presence.leases.set(connectionId, presence.ends);
    this.#users.set(userId, presence);
  }

  #isLive({ leases }: Presence): boolean {
    const now = this.#clock.now();
    for (const [id, ends] of leases) if (ends <= now) leases.delete(id);
    return leases.size > 0;
  }
}
