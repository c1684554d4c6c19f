/** Rate limits counted in this process (rate-limiter-flexible); the numbers come from the configuration. */
import type { RateLimit, RateScope } from '@parley/contract';
import type { RateDecision, RateLimiter } from '@parley/core';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export class MemoryRateLimiter implements RateLimiter {
  readonly #limiters = new Map<RateScope, RateLimiterMemory>();

  /**
   * `scale` multiplies every limit; 0 lifts all of them but the tries of sign-in codes, which protect accounts even under
   * a load test.
   */
  constructor(limits: Record<RateScope, RateLimit>, scale: number) {
    for (const [scope, points, duration] of scaledPoints(limits, scale)) {
      this.#limiters.set(scope, new RateLimiterMemory({ points, duration, keyPrefix: scope }));
    }
  }

  async consume(scope: RateScope, key: string, points = 1): Promise<RateDecision> {
    const limiter = this.#limiters.get(scope);
    if (!limiter) return { allowed: true };
    try {
      await limiter.consume(key, points);
      return { allowed: true };
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return refused(refusal);
      throw refusal;
    }
  }

  async peek(scope: RateScope, key: string): Promise<RateDecision> {
    const limiter = this.#limiters.get(scope);
    const state = await limiter?.get(key);
    // Used up is when no point remains: the next one would be refused.
    return state && state.remainingPoints <= 0 ? refused(state) : { allowed: true };
  }

  async reset(scope: RateScope, key: string): Promise<void> {
    await this.#limiters.get(scope)?.delete(key);
  }
}

/** The points and seconds of each scope that is limited at all, burst and scale included. */
export function* scaledPoints(
  limits: Record<RateScope, RateLimit>,
  scale: number,
): Generator<[scope: RateScope, points: number, seconds: number]> {
  for (const [scope, limit] of Object.entries(limits) as [RateScope, RateLimit][]) {
    const factor = scale === 0 && scope === 'otpVerify' ? 1 : scale;
    if (factor === 0) continue;
    yield [scope, Math.max(1, Math.round((limit.points + (limit.burst ?? 0)) * factor)), limit.seconds];
  }
}

/** What a used-up limit answers. */
export function refused(state: RateLimiterRes): RateDecision {
  return { allowed: false, retryAfterSeconds: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) };
}
