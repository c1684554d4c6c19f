import type { RateScope } from '@parley/contract';
import type { Core, RateDecision } from '@parley/core';
import { Throttle } from './throttle.ts';

const allowed: RateDecision = { allowed: true };

/** Limits of frames per user; where the engine is down frames pass, and the log says so now and then (contract section 3). */
export class FrameRates {
  readonly #core: Pick<Core, 'rates' | 'clock' | 'log'>;
  readonly #complaints = new Throttle(10_000);

  constructor(core: Pick<Core, 'rates' | 'clock' | 'log'>) {
    this.#core = core;
  }

  /** Never rejects. */
  async consume(scope: RateScope, userId: string): Promise<RateDecision> {
    try {
      return await this.#core.rates.consume(scope, userId);
    } catch (error) {
      if (this.#complaints.allows(this.#core.clock.now())) {
        this.#core.log.warn({ err: error, scope }, 'rate limits cannot be checked: frames pass');
      }
      return allowed;
    }
  }
}
