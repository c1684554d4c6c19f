/** The contract suites on Redis, and what only Redis does. */
import { rateLimits } from '@parley/contract';
import { isUnavailable } from '@parley/core';
import { startRedis } from '@parley/stack';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  type RedisConnection,
  RedisFanOut,
  RedisKeyValue,
  RedisPresence,
  RedisRateLimiter,
  RedisSignals,
} from '../src/index.ts';
import { collect, fanOutBetweenInstances, fanOutContract, packetFor } from './contract/fan-out.ts';
import type { Instances } from './contract/harness.ts';
import { keyValueContract } from './contract/key-value.ts';
import { presenceContract } from './contract/presence.ts';
import { ratesContract } from './contract/rates.ts';
import { signalsContract } from './contract/signals.ts';
import { connect, orWhy, passTime, quiet, raw, refusal } from './support/redis.ts';

const { engine: server, why } = await orWhy(startRedis({ own: true }));
const url = server?.url ?? '';
afterAll(() => server?.[Symbol.asyncDispose]());

async function twice<T>(make: (redis: RedisConnection) => T | Promise<T>): Promise<Instances<T>> {
  await raw(url, (redis) => redis.flushall());
  const connections = [connect(url), connect(url)] as const;
  return {
    both: [await make(connections[0]), await make(connections[1])],
    pass: (ms) => passTime(url, ms),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

async function fanOuts(count: number) {
  await raw(url, (redis) => redis.flushall());
  const connections = Array.from({ length: count }, () => connect(url));
  const instances = connections.map((redis) => new RedisFanOut(redis, { log: quiet }));
  return {
    connections,
    instances,
    async close() {
      await Promise.all(instances.map((instance) => instance.close()));
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

describe.skipIf(!server)(`engines on Redis${why}`, () => {
  keyValueContract('Redis', () => twice((redis) => new RedisKeyValue(redis)));
  ratesContract('Redis', (limits, scale) => twice((redis) => new RedisRateLimiter(redis, limits, scale)));
  presenceContract('Redis', () => twice((redis) => new RedisPresence(redis)));
  signalsContract('Redis', () =>
    twice(async (redis) => {
      const signals = new RedisSignals(redis, quiet);
      await signals.ready();
      return signals;
    }),
  );
  fanOutContract('Redis', () => fanOuts(1));
  fanOutBetweenInstances('Redis', () => fanOuts(3));

  it('keeps sessions, limits and presence under the keys of the data model', async () => {
    await raw(url, async (redis) => {
      await redis.flushall();
      await using connection = connect(url);
      await new RedisKeyValue(connection).set('otp:+1', 'x', 300);
      await new RedisRateLimiter(connection, rateLimits, 1).consume('apiIp', '::1');
      await new RedisPresence(connection).acquire('user-1', 'c');
      expect(new Set(await redis.keys('*'))).toEqual(
        new Set(['otp:+1', 'rate:apiIp:::1', 'presence:user-1', 'presence-ends:0']),
      );
      const [otp, presence] = [await redis.ttl('otp:+1'), await redis.pttl('presence:user-1')];
      expect([otp > 290, otp <= 300, presence > 55_000, presence <= 60_001]).toEqual([
        true,
        true,
        true,
        true,
      ]);
      expect(await redis.ttl('rate:apiIp:::1')).toBeGreaterThan(50);
    });
  });

  it('tells the last sign of life of a user whose lease ran out', async () => {
    const { both, pass, close } = await twice((redis) => new RedisPresence(redis));
    const before = Date.now();
    await both[0].acquire('u', 'a');
    const after = Date.now();
    await pass(61_000);
    const [found] = await both[1].expired(1);
    expect(found?.lastSeen).toBeGreaterThanOrEqual(before - 61_001);
    expect(found?.lastSeen).toBeLessThanOrEqual(after - 61_000);
    await close();
  });

  it('looks again at a user whose lease runs although the index says that it is over', async () => {
    const { both, close } = await twice((redis) => new RedisPresence(redis));
    await both[0].acquire('u', 'a');
    // As if the clock of the node with the index were ahead.
    await raw(url, (redis) => redis.zincrby('presence-ends:0', -61_000, 'u'));
    expect(await both[1].expired(10)).toEqual([]);
    expect(await both[0].release('u', 'a')).toEqual({ last: true });
    await close();
  });

  it('does not take a user for gone who comes back while the last lease is being released', async () => {
    await raw(url, (redis) => redis.flushall());
    await using slow = connect(url);
    await using quick = connect(url);
    const [one, other] = [new RedisPresence(slow), new RedisPresence(quick)];
    await one.acquire('u', 'a');
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { promise: halfway, resolve: arrived } = Promise.withResolvers<void>();
    const script = slow.script.bind(slow);
    vi.spyOn(slow, 'script').mockImplementation(async (...call) => {
      if (String(call[1]).startsWith('presence-ends')) {
        arrived();
        await gate;
      }
      return script(...call);
    });
    const released = one.release('u', 'a');
    await halfway;
    expect(await other.acquire('u', 'b')).toEqual({ first: false });
    open();
    expect(await released).toEqual({ last: false });
    expect(await other.release('u', 'b')).toEqual({ last: true });
  });

  it('asks many keys of one turn in one round trip', async () => {
    await using connection = connect(url);
    const keyValue = new RedisKeyValue(connection);
    await keyValue.get('a');
    const reads = () =>
      raw(url, async (redis) => /total_reads_processed:(\d+)/.exec(await redis.info('stats'))?.[1]);
    const idle = Number(await reads());
    const base = Number(await reads()) - idle;
    const before = Number(await reads());
    await Promise.all(Array.from({ length: 200 }, (_, n) => keyValue.get(`k${n}`)));
    // The reads of the question itself, and a few for what Node sends in pieces.
    expect(Number(await reads()) - before).toBeLessThan(base + 10);
  });

  it('brings no packet to an instance that holds none of its topics', async () => {
    const { instances, connections, close } = await fanOuts(3);
    const [a, b, c] = instances as [RedisFanOut, RedisFanOut, RedisFanOut];
    await Promise.all([b.join('x'), c.join('y'), a.join('z')]);
    const atB = collect(b);
    await raw(url, async (redis) => {
      const monitor = await redis.monitor();
      const channels: string[] = [];
      let seen = false;
      monitor.on('monitor', (_time, [command, ...args]: string[]) => {
        if (command?.toLowerCase() === 'publish') channels.push(args[0] as string);
        if (command?.toLowerCase() === 'echo') seen = true;
      });
      await a.send(packetFor(['x', 'z']));
      await a.send(packetFor(['nobody', 'z']));
      await a.send(packetFor(['y']));
      await redis.echo('all seen');
      await vi.waitFor(() => expect(seen).toBe(true));
      monitor.disconnect();
      expect(channels).toEqual([`mailbox:{${connections[1]?.id}}:0`, `mailbox:{${connections[2]?.id}}:0`]);
    });
    await vi.waitFor(() => expect(atB).toHaveLength(1));
    await close();
  });

  it('asks once to send, from the second packet on', async () => {
    const { instances, connections, close } = await fanOuts(2);
    const [a, b] = instances as [RedisFanOut, RedisFanOut];
    await b.join('x');
    await raw(url, async (redis) => {
      const monitor = await redis.monitor();
      const commands: string[] = [];
      monitor.on('monitor', (_time, words: string[]) => {
        if (words.some((word) => word.includes('routes:0'))) commands.push(words[0]?.toLowerCase() ?? '');
        if (words[0]?.toLowerCase() === 'echo') commands.push('echo');
      });
      for (let n = 0; n < 3; n++) await a.send(packetFor(['x']));
      await redis.echo('all seen');
      await vi.waitFor(() => expect(commands).toContain('echo'));
      monitor.disconnect();
      expect(commands).toEqual(['hmget', 'hset', 'hmget', 'hmget', 'echo']);
      const markers = connections.map(({ id }) => redis.hget('routes:0', `instance:${id}`));
      expect(await Promise.all(markers)).toEqual(connections.map(({ id }) => `${id}/0`));
    });
    await close();
    await raw(url, async (redis) => expect(await redis.keys('*')).toEqual([]));
  });

  it('sends what a turn brings in few messages, and counts', async () => {
    const { instances, close } = await fanOuts(2);
    const [a, b] = instances as [RedisFanOut, RedisFanOut];
    const atB = collect(b);
    await b.join('x');
    await Promise.all(Array.from({ length: 500 }, () => a.send(packetFor(['x']))));
    await vi.waitFor(() => expect(atB).toHaveLength(500));
    expect(a.counters).toMatchObject({ sent: 500, publishes: 1, rejected: 0 });
    expect(b.counters).toMatchObject({ received: 500, repeated: 0 });
    await close();
  });

  it('cuts much mail into messages that Redis takes easily', async () => {
    const { instances, close } = await fanOuts(2);
    const [a, b] = instances as [RedisFanOut, RedisFanOut];
    const atB = collect(b);
    await b.join('x');
    const data = JSON.stringify('x'.repeat(400_000));
    await Promise.all(Array.from({ length: 6 }, () => a.send(packetFor(['x'], { data }))));
    await vi.waitFor(() => expect(atB).toHaveLength(6));
    expect(a.counters.publishes).toBe(3);
    await close();
  });

  it('takes the route back when a topic is left, and keeps that of others', async () => {
    const { instances, connections, close } = await fanOuts(2);
    const [a, b] = instances as [RedisFanOut, RedisFanOut];
    const route = (topic: string) => raw(url, (redis) => redis.hget('routes:0', topic));
    await a.join('x');
    await b.join('x');
    expect(await route('x')).toBe(connections.map(({ id }) => `${id}/0`).join(' '));
    await a.leave('x');
    expect(await route('x')).toBe(`${connections[1]?.id}/0`);
    await b.leave('x');
    expect(await route('x')).toBeNull();
    await close();
  });

  it('is not disturbed by what others write into its channels', async () => {
    const { instances, connections, close } = await fanOuts(2);
    const [a, b] = instances as [RedisFanOut, RedisFanOut];
    const signals = new RedisSignals(connections[1] as RedisConnection, quiet);
    const heard: unknown[] = [];
    signals.subscribe((signal) => heard.push(signal));
    await signals.ready();
    const atB = collect(b);
    await b.join('x');
    await raw(url, async (redis) => {
      for (const text of ['', 'x', '{}', 'null', '[]\x1f\x1e', '{"from":"x"}', '\x05']) {
        await redis.publish('signals', text);
        await redis.publish(`mailbox:{${connections[1]?.id}}:0`, text);
      }
      await redis.publish('signals', '{"from":"x","signal":{"kind":"kick","session_ids":[]}}');
    });
    await a.send(packetFor(['x']));
    await vi.waitFor(() => expect([atB.length, heard.length]).toEqual([1, 1]));
    await close();
  });

  it('signs in with the user of the address, and uses its database', async () => {
    await raw(url, (redis) =>
      redis.call('ACL', 'SETUSER', 'parley', 'on', '>p@ss:w/rd', '~*', '&*', '+@all'),
    );
    const { host } = new URL(url);
    await using right = connect(`redis://parley:p%40ss%3Aw%2Frd@${host}/3`);
    await new RedisKeyValue(right).set('in-three', '1', 10);
    expect(await raw(`${url}/3`, (redis) => redis.get('in-three'))).toBe('1');
    await new RedisSignals(right, quiet).ready();
    const errors: unknown[] = [];
    await using wrong = connect(`redis://parley:wrong@${host}`, { onError: (error) => errors.push(error) });
    expect(isUnavailable(await refusal(wrong.ping()))).toBe(true);
    expect(String(errors[0])).toContain('WRONGPASS');
  });

  it('leaves nothing behind when it is closed', async () => {
    const { instances, close } = await fanOuts(2);
    await Promise.all(
      instances.map((instance, n) => Promise.all([instance.join('x'), instance.join(`own-${n}`)])),
    );
    await close();
    await raw(url, async (redis) => expect(await redis.keys('*')).toEqual([]));
  });
});
