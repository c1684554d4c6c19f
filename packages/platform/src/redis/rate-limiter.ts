/** Rate limits counted in Redis, exact across all instances (rate-limiter-flexible): `rate:<scope>:<key>`. */
import type { RateLimit, RateScope } from '@parley/contract';
import type { RateDecision, RateLimiter } from '@parley/core';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { refused, scaledPoints } from '../memory/rate-limiter.ts';
import type { RedisConnection } from './connection.ts';

/** Errors: `SERVICE_UNAVAILABLE`, at once while the connection is down: the caller decides what that means. */
export class RedisRateLimiter implements RateLimiter {
  readonly #redis: RedisConnection;
  readonly #limiters = new Map<RateScope, RateLimiterRedis>();

  /** `scale` as with `MemoryRateLimiter`. */
  constructor(redis: RedisConnection, limits: Record<RateScope, RateLimit>, scale: number) {
    this.#redis = redis;
    for (const [scope, points, duration] of scaledPoints(limits, scale)) {
      const limiter = new RateLimiterRedis({
        storeClient: redis.commands,
        keyPrefix: `rate:${scope}`,
        points,
        duration,
      });
      this.#limiters.set(scope, limiter);
    }
  }

  async consume(scope: RateScope, key: string, points = 1): Promise<RateDecision> {
    const limiter = this.#limiters.get(scope);
    if (!limiter) return { allowed: true };
    return this.#redis.run(async () => {
      try {
        await limiter.consume(key, points);
        return { allowed: true };
      } catch (refusal) {
        if (refusal instanceof RateLimiterRes) return refused(refusal);
        throw refusal;
      }
    });
  }

  async peek(scope: RateScope, key: string): Promise<RateDecision> {
    const limiter = this.#limiters.get(scope);
    if (!limiter) return { allowed: true };
    const state = await this.#redis.run(() => limiter.get(key));
    return state && state.remainingPoints <= 0 ? refused(state) : { allowed: true };
  }

  async reset(scope: RateScope, key: string): Promise<void> {
    const limiter = this.#limiters.get(scope);
    if (limiter) await this.#redis.run(() => limiter.delete(key));
  }
}
