/**
 * Tells that Redis lost routes although no connection broke: emptied, evicted, deleted by hand. Each instance keeps a
 * field of its own in every `routes:<n>`, its marker. Whoever misses its marker knows that the routes beside it are gone.
 */
import type { RedisConnection } from './connection.ts';

/** The hash with the routes of a shard. */
export const routesKey = (shard: number) => `routes:${shard}`;

/** All names of an instance, `<instance>/<epoch>`, share the field, and its value is the present one. No topic is named so. */
export const markerOf = (id: string) => `instance:${id.split('/', 1)[0]}`;

export class Markers {
  /** The field that is this instance's. */
  readonly field: string;
  readonly #redis: RedisConnection;
  readonly #ownId: () => string;
  readonly #onLost: () => void;
  /** Shards that have the marker unless they were lost. */
  readonly #written = new Set<number>();

  /** `onLost` is called before a missing marker is written again, so what was asked for before does not find it. */
  constructor(redis: RedisConnection, ownId: () => string, onLost: () => void) {
    this.#redis = redis;
    this.#ownId = ownId;
    this.#onLost = onLost;
    this.field = markerOf(ownId());
  }

  /** Whether the shard had the marker when last heard of. */
  has(shard: number): boolean {
    return this.#written.has(shard);
  }

  /** Looks at the markers of all shards, in one round trip, and writes those that are missing. Errors: `SERVICE_UNAVAILABLE`. */
  async check(): Promise<void> {
    const id = this.#ownId();
    const shards = Array.from({ length: this.#redis.shards }, (_, shard) => shard);
    const expected = new Set(this.#written);
    const found = await this.#onEach(shards, (key) => this.#redis.commands.hget(key, this.field));
    if (shards.some((shard) => expected.has(shard) && found[shard] === null)) this.#onLost();
    await this.#write(
      shards.filter((shard) => found[shard] !== id),
      id,
    );
    for (const shard of shards) this.#written.add(shard);
  }

  /** The marker is not in a shard that had it. */
  miss(shard: number): void {
    this.#written.delete(shard);
    this.#onLost();
  }

  /** Writes the marker of a shard that is used for the first time. Errors: `SERVICE_UNAVAILABLE`. */
  async begin(shard: number): Promise<void> {
    await this.#write([shard], this.#ownId());
    this.#written.add(shard);
  }

  /** Takes all markers back. Errors: `SERVICE_UNAVAILABLE`. */
  async clear(): Promise<void> {
    if (this.#written.size === 0) return;
    await this.#onEach([...this.#written], (key) => this.#redis.commands.hdel(key, this.field));
    this.#written.clear();
  }

  async #write(shards: number[], id: string): Promise<void> {
    if (shards.length === 0) return;
    await this.#onEach(shards, (key) => this.#redis.commands.hset(key, this.field, id));
  }

  #onEach<T>(shards: number[], ask: (key: string) => Promise<T>): Promise<T[]> {
    return this.#redis.run(() => Promise.all(shards.map((shard) => ask(routesKey(shard)))));
  }
}
