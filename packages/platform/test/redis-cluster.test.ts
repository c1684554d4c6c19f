/** The engines on a real Redis Cluster of three masters. */
import { isUnavailable } from '@parley/core';
import { type RedisCluster, startRedisCluster } from '@parley/stack';
import { Redis } from 'ioredis';
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
import { connect, insist, orWhy, passTime, quiet, raw } from './support/redis.ts';

const { engine, why } = await orWhy(startRedisCluster());
afterAll(() => engine?.[Symbol.asyncDispose]());

describe.skipIf(!engine)(`engines on a Redis Cluster${why}`, () => {
  const cluster = engine as RedisCluster;
  const open = () => connect(cluster.url, { mode: 'cluster' });
  const onAll = (use: (redis: Redis) => Promise<unknown>) =>
    Promise.all(cluster.nodes.map((node) => raw(node.url, use)));

  async function twice<T>(make: (redis: RedisConnection) => T | Promise<T>): Promise<Instances<T>> {
    await onAll((redis) => redis.flushall());
    const connections = [open(), open()] as const;
    return {
      both: [await make(connections[0]), await make(connections[1])],
      async pass(ms) {
        await Promise.all(cluster.nodes.map((node) => passTime(node.url, ms)));
      },
      async close() {
        await Promise.all(connections.map((connection) => connection.close()));
      },
    };
  }

  async function fanOuts(count: number) {
    await onAll((redis) => redis.flushall());
    const connections = Array.from({ length: count }, open);
    // A node that was down for long takes a while to be trusted again: nobody is to be given up in that time.
    const options = { log: quiet, settleMs: 500, graceMs: 60_000 };
    const instances = connections.map((redis) => new RedisFanOut(redis, options));
    return {
      connections,
      instances,
      async close() {
        await Promise.all(instances.map((instance) => instance.close()));
        await Promise.all(connections.map((connection) => connection.close()));
      },
    };
  }

  keyValueContract('Redis Cluster', () => twice((redis) => new RedisKeyValue(redis)));
  ratesContract('Redis Cluster', (limits, scale) =>
    twice((redis) => new RedisRateLimiter(redis, limits, scale)),
  );
  presenceContract('Redis Cluster', () => twice((redis) => new RedisPresence(redis)));
  signalsContract('Redis Cluster', () =>
    twice(async (redis) => {
      const signals = new RedisSignals(redis, quiet);
      await signals.ready();
      return signals;
    }),
  );
  fanOutContract('Redis Cluster', () => fanOuts(1));
  fanOutBetweenInstances('Redis Cluster', () => fanOuts(3));

  it('spreads routes and presence over all nodes', async () => {
    const { instances, close } = await fanOuts(1);
    await using redis = open();
    const users = Array.from({ length: 300 }, (_, n) => `user-${n}`);
    await Promise.all(users.map((user) => instances[0]?.join(user)));
    await new RedisPresence(redis).renew(users.map((userId) => ({ userId, connectionId: 'c' })));
    const keys = await Promise.all(cluster.nodes.map((node) => raw(node.url, (admin) => admin.keys('*'))));
    for (const held of keys) {
      for (const kind of ['routes:', 'presence:', 'presence-ends:']) {
        expect(held.filter((key) => key.startsWith(kind)).length).toBeGreaterThan(5);
      }
    }
    await close();
  });

  it('hears its mailbox and signals by one connection, and sends mail to one node only', async () => {
    const { instances, connections, close } = await fanOuts(1);
    const signals = new RedisSignals(connections[0] as RedisConnection, quiet);
    await Promise.all([instances[0]?.loopback(), signals.ready()]);
    const lists = await Promise.all(
      cluster.nodes.map((node) => raw(node.url, (admin) => admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub'))),
    );
    const subscribers = lists.map((list) => String(list).match(/name=test-subscriber/g)?.length ?? 0);
    expect(subscribers.toSorted()).toEqual([0, 0, 1]);
    await close();
  });

  it('follows a slot that moves to another node', async () => {
    const { instances, connections, close } = await fanOuts(2);
    const [a, b] = instances as [RedisFanOut, RedisFanOut];
    const atB = collect(b);
    await b.join('x');
    const keyValue = new RedisKeyValue(connections[0] as RedisConnection);
    await moveSlotOf(`mailbox:{${connections[1]?.id}}:0`);
    await insist(() => a.send(packetFor(['x'])));
    await vi.waitFor(() => expect(atB).toHaveLength(1), { timeout: 30_000 });
    await keyValue.set('a', '1', 10);
    expect(await keyValue.get('a')).toBe('1');
    await close();
  });

  it('is unavailable for what is on a node that is gone, and whole again when that is back', {
    timeout: 90_000,
  }, async () => {
    const { instances, connections, close } = await fanOuts(2);
    const [a, b] = instances as [RedisFanOut, RedisFanOut];
    const atB = collect(b);
    const topics = Array.from({ length: 100 }, (_, n) => `topic-${n}`);
    await Promise.all(topics.map((topic) => b.join(topic)));
    const node = cluster.nodes[2];
    const keyValue = new RedisKeyValue(connections[0] as RedisConnection);
    await Promise.all(topics.map((key) => keyValue.set(key, '1', 100)));
    await node?.stop();
    const started = performance.now();
    const results = await Promise.allSettled(topics.map((key) => keyValue.get(key)));
    expect(performance.now() - started).toBeLessThan(5_000);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every(({ reason }) => isUnavailable(reason))).toBe(true);
    await node?.start();
    const packet = packetFor(topics);
    await insist(() => a.send(packet));
    await vi.waitFor(() => expect(atB).toEqual([packet]), { timeout: 30_000 });
    await vi.waitFor(
      async () => expect(await Promise.all(topics.map((key) => keyValue.get(key)))).not.toContain(null),
      { timeout: 30_000 },
    );
    await close();
  });

  /** Gives the slot of a key or channel to the next node. */
  async function moveSlotOf(key: string): Promise<void> {
    const admins = cluster.nodes.map((node) => new Redis(node.url));
    try {
      const [first] = admins as [Redis];
      const slot = Number(await first.call('CLUSTER', 'KEYSLOT', key));
      const ids = (await Promise.all(admins.map((admin) => admin.call('CLUSTER', 'MYID')))) as string[];
      const owners = await Promise.all(
        admins.map(async (admin) => {
          const ranges = (await admin.call('CLUSTER', 'SLOTS')) as [
            number,
            number,
            [string, number, string],
          ][];
          return ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][2];
        }),
      );
      const from = ids.indexOf(owners[0] as string);
      const to = (from + 1) % admins.length;
      const [source, target] = [admins[from], admins[to]] as [Redis, Redis];
      await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from] as string);
      await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to] as string);
      const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[];
      const port = new URL(cluster.nodes[to]?.url as string).port;
      if (keys.length > 0) {
        await source.call('MIGRATE', '127.0.0.1', port, '', 0, 5_000, 'KEYS', ...keys);
      }
      for (const admin of [target, source, ...admins]) {
        await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to] as string);
      }
    } finally {
      for (const admin of admins) admin.disconnect();
    }
  }
});
