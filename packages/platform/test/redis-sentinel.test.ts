/** The engines on a master with a replica that sentinels watch, through a fail-over. */
import { type RedisSentinels, startRedisSentinel } from '@parley/stack';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { RedisFanOut, RedisKeyValue, RedisPresence, RedisSignals } from '../src/index.ts';
import { collect, packetFor } from './contract/fan-out.ts';
import { connect, insist, orWhy, quiet } from './support/redis.ts';

const { engine, why } = await orWhy(startRedisSentinel());
afterAll(() => engine?.[Symbol.asyncDispose]());

describe.skipIf(!engine)(`engines behind sentinels${why}`, () => {
  const group = engine as RedisSentinels;
  const open = () =>
    connect(group.url, { mode: 'sentinel', sentinelName: group.masterName, timeoutMs: 1_000 });

  it('go on with the replica when the master hangs', { timeout: 60_000 }, async () => {
    await using here = open();
    await using there = open();
    const [a, b] = [new RedisFanOut(here, { log: quiet }), new RedisFanOut(there, { log: quiet })];
    const [keyValue, presence] = [new RedisKeyValue(here), new RedisPresence(here)];
    const signals = new RedisSignals(there, quiet);
    const [atB, heard] = [collect(b), [] as unknown[]];
    let gaps = 0;
    signals.onGap(() => gaps++);
    signals.subscribe((signal) => heard.push(signal));
    await signals.ready();
    await b.join('x');
    await keyValue.set('a', '1', 100);
    expect(await presence.acquire('u', 'c')).toEqual({ first: true });
    await a.send(packetFor(['x']));
    await vi.waitFor(() => expect(atB).toHaveLength(1));

    const before = await group.masterUrl();
    group.master.pause();
    await vi.waitFor(async () => expect(await group.masterUrl()).not.toBe(before), { timeout: 30_000 });
    await vi.waitFor(() => keyValue.set('b', '2', 100), { timeout: 20_000 });
    expect([await keyValue.get('a'), await keyValue.get('b')]).toEqual(['1', '2']);
    expect(await presence.release('u', 'c')).toEqual({ last: true });
    await vi.waitFor(() => expect(gaps).toBeGreaterThan(0), { timeout: 20_000 });
    const packet = packetFor(['x']);
    await insist(() => a.send(packet));
    await vi.waitFor(() => expect(atB).toContainEqual(packet), { timeout: 20_000 });
    new RedisSignals(here, quiet).send({ kind: 'kick', session_ids: ['1'] });
    await vi.waitFor(() => expect(heard).toHaveLength(1));

    // The old master comes back as a replica: nobody writes to it.
    group.master.resume();
    await keyValue.set('c', '3', 100);
    await insist(() => a.send(packetFor(['x'])));
    await vi.waitFor(() => expect(atB).toHaveLength(3));
    await Promise.all([a.close(), b.close()]);
  });
});
