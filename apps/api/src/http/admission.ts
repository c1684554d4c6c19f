/** Who calls, and whether they may call again already: decided once per HTTP request, before any work is done. */
import type { RateScope } from '@parley/contract';
import { type AccessClaims, AppError, authenticate, type Core } from '@parley/core';
import { describeError } from '@parley/platform';
import { addressKey } from './client-address.ts';

const bearer = /^bearer +(\S+) *$/i;

/** Milliseconds between two log lines about a limiter that does not answer. */
const warnEveryMs = 10_000;

export class Admission {
  readonly #core: Pick<Core, 'tokens' | 'keyValue' | 'log' | 'rates' | 'clock'>;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(core: Pick<Core, 'tokens' | 'keyValue' | 'log' | 'rates' | 'clock'>) {
    this.#core = core;
  }

  /**
   * Counts the request and says whose it is, or why it is nobody's: whether that matters is the procedure's business. `calls`
   * is what it counts as. Errors: `TOO_MANY_REQUESTS` (contract section 3: per user, or per address without a valid token).
   */
  async admit(
    authorization: string | undefined,
    address: () => string | undefined,
    calls = 1,
  ): Promise<AccessClaims | AppError> {
    const who = await this.#identify(authorization);
    if (who instanceof AppError) await this.#count('apiIp', addressKey(address()), calls);
    else await this.#count('apiUser', who.userId, calls);
    return who;
  }

  /** Counts an upload, besides the request that it is. Errors: `TOO_MANY_REQUESTS`. */
  async countUpload(userId: string): Promise<void> {
    await this.#count('mediaUpload', userId, 1);
  }

  async #identify(authorization: string | undefined): Promise<AccessClaims | AppError> {
    const token = authorization === undefined ? undefined : bearer.exec(authorization)?.[1];
    if (token === undefined) return new AppError('UNAUTHORIZED');
    try {
      return await authenticate(this.#core, token);
    } catch (error) {
      if (error instanceof AppError) return error;
      throw error;
    }
  }

  async #count(scope: RateScope, key: string, calls: number): Promise<void> {
    const decision = await this.#core.rates.consume(scope, key, calls).catch((error) => {
      // Without its engine this limit lets through (contract section 3).
      const now = this.#core.clock.now();
      if (now - this.#warnedAt >= warnEveryMs) {
        this.#warnedAt = now;
        this.#core.log.warn(
          { error: describeError(error), scope },
          'requests cannot be counted, so they are let through',
        );
      }
      return { allowed: true } as const;
    });
    if (!decision.allowed) {
      throw new AppError('TOO_MANY_REQUESTS', undefined, { retryAfter: decision.retryAfterSeconds });
    }
  }
}
