/** The contract suites of the key-value, presence, rate and bus ports: every engine behind them must pass. */
import { randomUUID } from 'node:crypto';
import { rateLimits } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import {
  createLog,
  MemoryBus,
  MemoryKeyValue,
  MemoryPresence,
  MemoryRateLimiter,
  Metrics,
} from '../src/index.ts';

class TestClock {
  time = 1_700_000_000_000;
  now = () => this.time;
}

describe('key-value (in process)', () => {
  it('keeps a value until its time is over', async () => {
    const clock = new TestClock();
    const keyValue = new MemoryKeyValue(clock);
    await keyValue.set('a', '1', 10);
    clock.time += 9_999;
    expect(await keyValue.get('a')).toBe('1');
    clock.time += 1;
    expect(await keyValue.get('a')).toBeNull();
    expect(await keyValue.delete('a')).toBe(false);
  });

  it('deletes only the value that was meant', async () => {
    const keyValue = new MemoryKeyValue(new TestClock());
    await keyValue.set('a', '1', 10);
    expect(await keyValue.deleteIfEquals('a', '2')).toBe(false);
    const both = await Promise.all([keyValue.deleteIfEquals('a', '1'), keyValue.deleteIfEquals('a', '1')]);
    expect(both.sort()).toEqual([false, true]);
  });
});

describe('presence (in process)', () => {
  it('sums leases per user: the first makes online, the last offline', async () => {
    const presence = new MemoryPresence(new TestClock());
    expect(await presence.acquire('u', 'a')).toEqual({ first: true });
    expect(await presence.acquire('u', 'b')).toEqual({ first: false });
    expect(await presence.release('u', 'a')).toEqual({ last: false });
    expect(await presence.online(['u', 'v'])).toEqual(new Set(['u']));
    expect(await presence.release('u', 'b')).toEqual({ last: true });
    expect(await presence.release('u', 'b')).toEqual({ last: false });
    expect(await presence.online(['u'])).toEqual(new Set());
  });

  it('lets leases run out that nobody renews', async () => {
    const clock = new TestClock();
    const presence = new MemoryPresence(clock);
    await presence.acquire('u', 'a');
    await presence.acquire('v', 'b');
    clock.time += 59_000;
    await presence.renew([{ userId: 'u', connectionId: 'a' }]);
    clock.time += 2_000;
    expect(await presence.online(['u', 'v'])).toEqual(new Set(['u']));
  });
});

describe('rate limits (in process)', () => {
  it('allow the points of the window, then say how long to wait', async () => {
    const limiter = new MemoryRateLimiter(rateLimits, 1);
    for (let n = 0; n < 3; n++) expect(await limiter.consume('otpRequest', 'p')).toEqual({ allowed: true });
    const refused = await limiter.consume('otpRequest', 'p');
    expect(refused).toMatchObject({ allowed: false });
    expect((refused as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(290);
    expect(await limiter.consume('otpRequest', 'other')).toEqual({ allowed: true });
    await limiter.reset('otpRequest', 'p');
    expect(await limiter.consume('otpRequest', 'p')).toEqual({ allowed: true });
  });

  it('count a burst on top', async () => {
    const limiter = new MemoryRateLimiter(rateLimits, 1);
    const decisions = await Promise.all(Array.from({ length: 130 }, () => limiter.consume('apiUser', 'u')));
    expect(decisions.filter((decision) => decision.allowed)).toHaveLength(120);
  });

  it('are lifted by a scale of 0, but not the tries of codes', async () => {
    const limiter = new MemoryRateLimiter(rateLimits, 0);
    const requests = await Promise.all(Array.from({ length: 50 }, () => limiter.consume('otpRequest', 'p')));
    expect(requests.every((decision) => decision.allowed)).toBe(true);
    const tries = await Promise.all(Array.from({ length: 50 }, () => limiter.consume('otpVerify', 'p')));
    expect(tries.filter((decision) => decision.allowed)).toHaveLength(5);
    expect(await limiter.peek('otpVerify', 'p')).toMatchObject({ allowed: false });
  });
});

describe('bus (in process)', () => {
  const event = () => ({
    event_id: randomUUID(),
    event_type: 'presence.changed' as const,
    timestamp: new Date().toISOString(),
    request_id: 'r',
    trace: null,
    payload: { user_id: randomUUID(), status: 'online' as const, last_seen: null },
  });
  const make = (backoffSeconds: number[]) => {
    const letters: unknown[] = [];
    const bus = new MemoryBus({
      log: createLog({ logLevel: 'silent' }, 'test'),
      metrics: new Metrics({ process: false }),
      deadLetters: { put: async (letter) => void letters.push(letter) },
      backoffSeconds,
    });
    return { bus, letters };
  };

  it('gives every consumer every event, in order', async () => {
    const { bus } = make([]);
    const seen: string[] = [];
    bus.subscribe('a', 'presence.changed', (e) => void seen.push(`a${e.event_id}`));
    bus.subscribe('b', 'presence.changed', async (e) => void seen.push(`b${e.event_id}`));
    const events = [event(), event()];
    await bus.publish(events);
    expect(seen).toEqual(events.flatMap((e) => [`a${e.event_id}`, `b${e.event_id}`]));
  });

  it('tries again when a handler fails, and resolves only once it is handled', async () => {
    const { bus, letters } = make([0.01, 0.01]);
    let tries = 0;
    bus.subscribe('a', 'presence.changed', () => {
      if (++tries < 3) throw new Error('not yet');
    });
    await bus.publish([event()]);
    expect([tries, letters.length]).toEqual([3, 0]);
  });

  it('keeps a dead letter after the last try, and goes on with the others', async () => {
    const { bus, letters } = make([0.01]);
    const [bad, good] = [event(), event()];
    const seen: string[] = [];
    bus.subscribe('a', 'presence.changed', (e) => {
      if (e.event_id === bad.event_id) throw new Error('never');
      seen.push(e.event_id);
    });
    await bus.publish([bad, good]);
    expect(seen).toEqual([good.event_id]);
    expect(letters).toEqual([{ consumer: 'a', event: bad, error: 'never', deliveries: 2 }]);
  });

  it('rejects what it could not handle when it is closed, so that the outbox keeps it', async () => {
    const { bus } = make([60]);
    const failing = new Promise<void>((resolve) => {
      bus.subscribe('a', 'presence.changed', () => {
        resolve();
        throw new Error('not now');
      });
    });
    const published = bus.publish([event()]);
    await failing;
    bus.close();
    await expect(published).rejects.toThrow('closed');
  });
});
