import type { PresenceLeases } from '@parley/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Instances } from './harness.ts';

/** What every engine of presence does. */
export function presenceContract(name: string, make: () => Promise<Instances<PresenceLeases>>): void {
  describe(`presence (${name})`, () => {
    let engine: Instances<PresenceLeases>;
    beforeEach(async () => {
      engine = await make();
    });
    afterEach(() => engine.close());

    it('sums leases per user: the first makes online, the last offline', async () => {
      const [one, other] = engine.both;
      expect(await one.acquire('u', 'a')).toEqual({ first: true });
      expect(await other.acquire('u', 'b')).toEqual({ first: false });
      expect(await one.release('u', 'a')).toEqual({ last: false });
      expect(await one.online(['u', 'v'])).toEqual(new Set(['u']));
      expect(await other.release('u', 'b')).toEqual({ last: true });
      expect(await other.release('u', 'b')).toEqual({ last: false });
      expect(await one.online(['u'])).toEqual(new Set());
      expect(await one.online([])).toEqual(new Set());
      expect(await one.acquire('u', 'c')).toEqual({ first: true });
    });

    it('lets leases run out that nobody renews', async () => {
      const [one, other] = engine.both;
      await one.acquire('u', 'a');
      await other.acquire('v', 'b');
      await engine.pass(59_000);
      expect(await one.online(['u', 'v'])).toEqual(new Set(['u', 'v']));
      await one.renew([{ userId: 'u', connectionId: 'a' }]);
      await engine.pass(2_000);
      expect(await one.online(['u', 'v'])).toEqual(new Set(['u']));
    });

    it('keeps a user online by the lease that is left', async () => {
      const [one] = engine.both;
      await one.acquire('u', 'a');
      await engine.pass(30_000);
      await one.acquire('u', 'b');
      expect(await one.release('u', 'b')).toEqual({ last: false });
      await engine.pass(29_000);
      expect(await one.online(['u'])).toEqual(new Set(['u']));
      await engine.pass(2_000);
      expect(await one.online(['u'])).toEqual(new Set());
    });

    it('tells of each user once whose leases ran out, with the last sign of life', async () => {
      const [one, other] = engine.both;
      await one.acquire('u', 'a');
      await one.acquire('v', 'b');
      await one.acquire('w', 'c');
      await one.release('w', 'c');
      await engine.pass(20_000);
      await other.renew([{ userId: 'u', connectionId: 'a' }]);
      expect(await one.expired(10)).toEqual([]);
      await engine.pass(41_000);
      expect((await one.expired(10)).map(({ userId }) => userId)).toEqual(['v']);
      await engine.pass(20_000);
      const sweeps = await Promise.all([one.expired(10), other.expired(10), one.expired(10)]);
      expect(sweeps.flat()).toEqual([{ userId: 'u', lastSeen: expect.any(Number) }]);
      expect(await one.acquire('u', 'd')).toEqual({ first: true });
    });

    it('gives at most as many as were asked for, and the others later', async () => {
      const [one, other] = engine.both;
      const users = Array.from({ length: 30 }, (_, n) => `u${n}`);
      await one.renew(users.map((userId) => ({ userId, connectionId: 'a' })));
      await engine.pass(61_000);
      const sweeps = [await one.expired(12), await other.expired(12), await one.expired(12)];
      expect(sweeps.map((sweep) => sweep.length)).toEqual([12, 12, 6]);
      expect(new Set(sweeps.flat().map(({ userId }) => userId))).toEqual(new Set(users));
    });

    it('does not tell of a user that came back, who was online all the time for others', async () => {
      const [one, other] = engine.both;
      await one.acquire('u', 'a');
      await engine.pass(61_000);
      expect(await other.acquire('u', 'b')).toEqual({ first: false });
      expect(await one.expired(10)).toEqual([]);
      expect(await other.release('u', 'b')).toEqual({ last: true });
      expect(await one.expired(10)).toEqual([]);
    });

    it('tells the last release also when the lease had run out, unless the sweep did', async () => {
      const [one, other] = engine.both;
      await one.acquire('u', 'a');
      await one.acquire('v', 'b');
      await engine.pass(61_000);
      expect(await other.release('u', 'a')).toEqual({ last: true });
      expect((await one.expired(10)).map(({ userId }) => userId)).toEqual(['v']);
      expect(await one.release('v', 'b')).toEqual({ last: false });
    });

    it('tells first and last once each when all happens at the same time', async () => {
      const [one, other] = engine.both;
      for (let round = 0; round < 10; round++) {
        const connections = Array.from({ length: 20 }, (_, n) => `c${n}`);
        const pick = (n: number) => (n % 2 === 0 ? one : other);
        const opened = await Promise.all(connections.map((id, n) => pick(n).acquire('u', id)));
        expect(opened.filter(({ first }) => first)).toHaveLength(1);
        const closed = await Promise.all(connections.map((id, n) => pick(n + 1).release('u', id)));
        expect(closed.filter(({ last }) => last)).toHaveLength(1);
      }
    });

    it('tells online and offline in turn, however connections come and go', async () => {
      const tally = { first: 0, last: 0 };
      await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const presence = engine.both[n % 2 === 0 ? 0 : 1];
          for (let round = 0; round < 10; round++) {
            if ((await presence.acquire('u', `${n}-${round}`)).first) tally.first++;
            if ((await presence.release('u', `${n}-${round}`)).last) tally.last++;
          }
        }),
      );
      expect(tally.first).toBeGreaterThan(0);
      expect(tally.last).toBe(tally.first);
      expect(await engine.both[0].online(['u'])).toEqual(new Set());
    });
  });
}
