/** Short-lived values in Redis, shared by all instances. */
import type { KeyValue } from '@parley/core';
import type { RedisConnection } from './connection.ts';
import { Script } from './script.ts';

const deleteIfEquals = new Script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`);

/** Keys are used as they are given (`otp:<phone>`, `session:<user>`, `deny:<session>`). Errors: `SERVICE_UNAVAILABLE`. */
export class RedisKeyValue implements KeyValue {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  get(key: string): Promise<string | null> {
    return this.#redis.run(() => this.#redis.commands.get(key));
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    await this.#redis.run(() => this.#redis.commands.set(key, value, 'PX', Math.ceil(ttlSeconds * 1000)));
  }

  async delete(key: string): Promise<boolean> {
    return (await this.#redis.run(() => this.#redis.commands.del(key))) === 1;
  }

  async deleteIfEquals(key: string, value: string): Promise<boolean> {
    return (await this.#redis.script(deleteIfEquals, key, [value])) === 1;
  }
}
