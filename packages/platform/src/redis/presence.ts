/**
 * Presence in Redis. Each decision is one step over one key, so that it is the same on a cluster:
 *
 * - `presence:<user>`, a sorted set of connections by the end of their lease, says whether a user is online: the key
 *   itself runs out with the longest lease.
 * - `presence-ends:<n>`, a sorted set of users by the end of their longest lease, holds everybody who was told online and
 *   not yet offline. Who adds a user here is the first, who takes one out tells that the user is gone: nobody else does.
 *
 * The first is changed first. An instance that dies between the two leaves a lease that runs out, or a user that
 * `expired` finds. One that dies after `expired` gave it users leaves them untold: their time last seen stays the one
 * before.
 */
import { limits } from '@parley/contract';
import type { PresenceLeases } from '@parley/core';
import type { RedisConnection } from './connection.ts';
import { depart, drop, hold, takeExpired } from './presence-scripts.ts';
import { byShard, shardOf } from './shards.ts';

const leaseMs = limits.presenceSeconds * 1000;
/** Users in one round trip. */
const batchSize = 500;
/** After so many milliseconds a user is looked at again whose leases were over by one node's clock and not by another's. */
const lookAgainMs = 1_000;

const leasesKey = (userId: string) => `presence:${userId}`;
const endsKey = (shard: number) => `presence-ends:${shard}`;

/** Errors of all methods: `SERVICE_UNAVAILABLE`. */
export class RedisPresence implements PresenceLeases {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async acquire(userId: string, connectionId: string): Promise<{ first: boolean }> {
    const ends = await this.#redis.script(hold, leasesKey(userId), [leaseMs, connectionId]);
    const key = endsKey(shardOf(userId, this.#redis.shards));
    const added = await this.#redis.run(() => this.#redis.commands.zadd(key, 'GT', String(ends), userId));
    return { first: Number(added) === 1 };
  }

  async renew(leases: readonly { userId: string; connectionId: string }[]): Promise<void> {
    const users = new Map<string, string[]>();
    for (const { userId, connectionId } of leases) {
      const connections = users.get(userId);
      if (connections) connections.push(connectionId);
      else users.set(userId, [connectionId]);
    }
    const all = [...users];
    for (let from = 0; from < all.length; from += batchSize) {
      await this.#renewBatch(all.slice(from, from + batchSize));
    }
  }

  async release(userId: string, connectionId: string): Promise<{ last: boolean }> {
    const ends = await this.#redis.script(drop, leasesKey(userId), [leaseMs, connectionId]);
    if (ends === null) return { last: false };
    const key = endsKey(shardOf(userId, this.#redis.shards));
    return { last: (await this.#redis.script(depart, key, [userId, String(ends)])) === 1 };
  }

  async online(userIds: readonly string[]): Promise<Set<string>> {
    const { commands } = this.#redis;
    const found = await this.#redis.run(() =>
      Promise.all(userIds.map((id) => commands.exists(leasesKey(id)))),
    );
    return new Set(userIds.filter((_, index) => found[index] === 1));
  }

  async expired(limit: number): Promise<{ userId: string; lastSeen: number }[]> {
    const { shards } = this.#redis;
    const taken: { userId: string; ends: number }[] = [];
    // Not always the same shard first, or a low limit would never get to the others.
    const start = Math.floor(Math.random() * shards);
    for (let i = 0; i < shards && taken.length < limit; i++) {
      const key = endsKey((start + i) % shards);
      const due = (await this.#redis.script(takeExpired, key, [limit - taken.length])) as string[];
      for (let j = 0; j < due.length; j += 2) {
        taken.push({ userId: due[j] as string, ends: Number(due[j + 1]) });
      }
    }
    if (taken.length === 0) return [];
    return this.#withoutReturned(taken);
  }

  /** A user that came back in between stays in the index. */
  async #withoutReturned(
    taken: { userId: string; ends: number }[],
  ): Promise<{ userId: string; lastSeen: number }[]> {
    const back = await this.online(taken.map(({ userId }) => userId));
    const returned = taken.filter(({ userId }) => back.has(userId));
    const { commands, shards } = this.#redis;
    await this.#redis.run(() =>
      Promise.all(
        returned.map(({ userId, ends }) =>
          commands.zadd(endsKey(shardOf(userId, shards)), 'NX', ends + lookAgainMs, userId),
        ),
      ),
    );
    return taken
      .filter(({ userId }) => !back.has(userId))
      .map(({ userId, ends }) => ({ userId, lastSeen: Math.floor(ends - leaseMs) }));
  }

  async #renewBatch(users: [string, string[]][]): Promise<void> {
    const { commands, shards } = this.#redis;
    const ends = await Promise.all(
      users.map(([userId, connections]) =>
        this.#redis.script(hold, leasesKey(userId), [leaseMs, ...connections]),
      ),
    );
    const scored = users.map(([userId], index) => ({ userId, ends: String(ends[index]) }));
    await this.#redis.run(() =>
      Promise.all(
        [...byShard(scored, shards, ({ userId }) => userId)].map(([shard, group]) =>
          commands.zadd(endsKey(shard), 'GT', ...group.flatMap(({ userId, ends }) => [ends, userId])),
        ),
      ),
    );
  }
}
