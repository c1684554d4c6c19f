import { rateLimits } from '@parley/contract';
import type { RateLimiter } from '@parley/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Instances } from './harness.ts';

/** What every rate limiter does. */
export function ratesContract(
  name: string,
  make: (limits: typeof rateLimits, scale: number) => Promise<Instances<RateLimiter>>,
): void {
  describe(`rate limits (${name})`, () => {
    let engine: Instances<RateLimiter>;
    beforeEach(async () => {
      engine = await make(rateLimits, 1);
    });
    afterEach(() => engine.close());

    it('allow the points of the window, then say how long to wait', async () => {
      const [one, other] = engine.both;
      for (let n = 0; n < 3; n++) expect(await one.consume('otpRequest', 'p')).toEqual({ allowed: true });
      const refused = await other.consume('otpRequest', 'p');
      expect(refused).toMatchObject({ allowed: false });
      expect((refused as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(290);
      expect(await one.consume('otpRequest', 'other')).toEqual({ allowed: true });
      expect(await one.consume('contactSync', 'p')).toEqual({ allowed: true });
      await other.reset('otpRequest', 'p');
      expect(await one.consume('otpRequest', 'p')).toEqual({ allowed: true });
    });

    it('count several points at once', async () => {
      const [one] = engine.both;
      expect(await one.consume('apiIp', 'p', 30)).toEqual({ allowed: true });
      expect(await one.consume('apiIp', 'p')).toMatchObject({ allowed: false });
    });

    it('can be looked at without being counted', async () => {
      const [one, other] = engine.both;
      for (let n = 0; n < 9; n++) expect(await one.peek('otpVerify', 'p')).toEqual({ allowed: true });
      for (let n = 0; n < 5; n++) await one.consume('otpVerify', 'p');
      expect(await other.peek('otpVerify', 'p')).toMatchObject({ allowed: false });
    });

    it('are exact when two programs count at the same time', async () => {
      const tries = Array.from({ length: 200 }, (_, n) =>
        engine.both[n % 2 === 0 ? 0 : 1].consume('apiUser', 'u'),
      );
      const decisions = await Promise.all(tries);
      expect(decisions.filter((decision) => decision.allowed)).toHaveLength(120);
    });

    it('grow with the scale', async () => {
      const scaled = await make(rateLimits, 2);
      const tries = Array.from({ length: 20 }, () => scaled.both[0].consume('otpRequest', 'p'));
      expect((await Promise.all(tries)).filter((decision) => decision.allowed)).toHaveLength(6);
      await scaled.close();
    });

    it('are lifted by a scale of 0, but not the tries of codes', async () => {
      const lifted = await make(rateLimits, 0);
      const [one] = lifted.both;
      const requests = await Promise.all(Array.from({ length: 50 }, () => one.consume('otpRequest', 'p')));
      expect(requests.every((decision) => decision.allowed)).toBe(true);
      expect(await one.peek('otpRequest', 'p')).toEqual({ allowed: true });
      const tries = await Promise.all(Array.from({ length: 50 }, () => one.consume('otpVerify', 'p')));
      expect(tries.filter((decision) => decision.allowed)).toHaveLength(5);
      expect(await one.peek('otpVerify', 'p')).toMatchObject({ allowed: false });
      await lifted.close();
    });
  });
}
