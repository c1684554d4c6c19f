/** The push ledger in Redis: the contract suite, on one server and on a cluster, and what only Redis does. */
import { isUnavailable, unavailable } from '@parley/core';
import { startRedis, startRedisCluster } from '@parley/stack';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pushLedgerContract } from '../../../tests/support/push-ledger-contract.ts';
import { ids, leaseMs, messageOf, over, start, windowMs } from '../../../tests/support/push-ledger-kit.ts';
import type { RedisConnection } from '../src/index.ts';
import { RedisPushLedger } from '../src/redis/push-ledger.ts';
import { connect, orWhy, passTime, raw, refusal } from './support/redis.ts';

const [single, cluster] = await Promise.all([orWhy(startRedis({ own: true })), orWhy(startRedisCluster())]);
afterAll(async () => {
  await single.engine?.[Symbol.asyncDispose]();
  await cluster.engine?.[Symbol.asyncDispose]();
});

/** The ledgers of two programs, whose connections `open` makes, on these servers. */
async function engine(urls: readonly string[], open: () => RedisConnection) {
  const connections = [open(), open()] as const;
  await Promise.all(connections.map((connection) => connection.ping()));
  return {
    both: [new RedisPushLedger(connections[0]), new RedisPushLedger(connections[1])] as const,
    async clear() {
      await Promise.all(urls.map((url) => raw(url, (redis) => redis.flushall())));
    },
    async pass(ms: number) {
      await Promise.all(urls.map((url) => passTime(url, ms)));
    },
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}

describe.skipIf(!single.engine)(`on one server${single.why}`, () => {
  const url = single.engine?.url ?? '';
  pushLedgerContract('Redis', () => engine([url], () => connect(url)));

  let redis: RedisConnection;
  let ledger: RedisPushLedger;
  const [chat = '', other = '', user = '', m1 = '', m2 = '', device = ''] = ids(6);
  const keys = () => raw(url, (admin) => admin.keys('*'));
  beforeEach(async () => {
    redis = connect(url);
    ledger = new RedisPushLedger(redis);
    await raw(url, (admin) => admin.flushall());
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await redis.close();
  });

  const shardOf = (key: string | undefined) => /^push:\{\d+\}:/.exec(key ?? '')?.[0];
  const expectKept = async (count: number) => {
    const held = await keys();
    expect(held).toHaveLength(count);
    for (const key of held) {
      expect(shardOf(key)).toBeDefined();
      const left = await raw(url, (admin) => admin.ttl(key));
      expect(left).toBeGreaterThan(86_300);
      expect(left).toBeLessThanOrEqual(86_400);
    }
  };

  it('keeps everything for a day, under keys of one slot for each step', async () => {
    await ledger.gather(messageOf(chat, 1), [user], windowMs, start);
    const [due, windows] = (await keys()).toSorted().toReversed();
    expect([shardOf(due), windows]).toEqual([shardOf(windows), `${shardOf(windows)}chat:${chat}`]);
    await expectKept(2);
    // Each step says how long anew.
    for (const key of await keys()) await raw(url, (admin) => admin.persist(key));
    await ledger.take(over, 1, leaseMs);
    await ledger.claim([{ messageId: m1, deviceId: device }]);
    await ledger.shown(user, chat, [device]);
    await ledger.note([{ messageId: m1, userId: user, reason: 'sent', detail: null }], start);
    await expectKept(5);
  });

  it('gathers for 255 users with one command', async () => {
    await ledger.gather(messageOf(chat, 1), [user], windowMs, start);
    const asked = vi.spyOn(redis.commands, 'evalsha');
    const others = [vi.spyOn(redis.commands, 'eval'), vi.spyOn(redis, 'run')];
    await ledger.gather(messageOf(chat, 2), ids(255), windowMs, start);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(others.map((spy) => spy.mock.calls.length)).toEqual([0, 1]);
  });

  it('goes on with what it was told when the server forgot the scripts', async () => {
    await ledger.gather(messageOf(chat, 1), [user], windowMs, start);
    await raw(url, (admin) => admin.script('FLUSH'));
    await ledger.gather(messageOf(chat, 2), [user], windowMs, start);
    expect(await ledger.take(over, 1, leaseMs)).toMatchObject([{ count: 2 }]);
  });

  it('takes nothing too early that was opened after it looked', async () => {
    await using elsewhere = connect(url);
    const worker = new RedisPushLedger(elsewhere);
    await worker.gather(messageOf(chat, 1), [user], windowMs, start);
    const look = redis.commands.zrangebyscore.bind(redis.commands) as (
      ...args: unknown[]
    ) => Promise<string[]>;
    let taken: unknown[] = [];
    vi.spyOn(redis.commands, 'zrangebyscore').mockImplementation((async (...args: unknown[]) => {
      const found = await look(...args);
      if (found.length > 0 && taken.length === 0) {
        taken = await worker.take(over, 1, leaseMs);
        await worker.gather(messageOf(chat, 2), [user], windowMs, over);
      }
      return found;
    }) as typeof redis.commands.zrangebyscore);
    expect(await ledger.take(over, 10, leaseMs)).toEqual([]);
    expect(taken).toHaveLength(1);
    expect(await ledger.take(over + windowMs, 10, leaseMs)).toMatchObject([{ count: 1 }]);
  });

  it('forgets what is due of a chat that is forgotten', async () => {
    for (const id of [chat, other]) await ledger.gather(messageOf(id, 1), [user], windowMs, start);
    const gone = (await keys()).find((key) => key.endsWith(chat)) ?? '';
    await raw(url, (admin) => admin.del(gone));
    expect(await ledger.take(over, 10, leaseMs)).toMatchObject([{ chatId: other }]);
    expect(await ledger.nextDue()).toBe(over + leaseMs);
  });

  /** Scripts over such keys fail, as those on a node that is away. */
  const away = (part: string) => {
    const evalsha = redis.commands.evalsha.bind(redis.commands) as (...args: unknown[]) => Promise<unknown>;
    const failing = (...args: unknown[]) =>
      args.some((arg) => String(arg).includes(part))
        ? Promise.reject(unavailable('Redis', new Error('this node is away')))
        : evalsha(...args);
    vi.spyOn(redis.commands, 'evalsha').mockImplementation(failing as typeof redis.commands.evalsha);
  };

  it('gives claims back that were won while others could not be asked for', async () => {
    const pairs = [m1, m2].map((messageId) => ({ messageId, deviceId: device }));
    await ledger.claim([]);
    away(`claims:${m2}`);
    expect(isUnavailable(await refusal(ledger.claim(pairs)))).toBe(true);
    vi.restoreAllMocks();
    expect(await ledger.claim(pairs)).toEqual([true, true]);
  });

  it('takes what can be reached, and fails only where that is nothing', async () => {
    for (const id of [chat, other]) await ledger.gather(messageOf(id, 1), [user], windowMs, start);
    away(`chat:${chat}`);
    expect(await ledger.take(over, 10, leaseMs)).toMatchObject([{ chatId: other }]);
    expect(isUnavailable(await refusal(ledger.take(over, 10, leaseMs)))).toBe(true);
    vi.restoreAllMocks();
    expect(await ledger.take(over, 10, leaseMs)).toMatchObject([{ chatId: chat }]);

    const lookedAt = redis.commands.zrangebyscore.bind(redis.commands) as (
      ...args: unknown[]
    ) => Promise<string[]>;
    const deaf = (which: (key: string) => boolean) =>
      vi
        .spyOn(redis.commands, 'zrangebyscore')
        .mockImplementation(((...args: unknown[]) =>
          which(String(args[0]))
            ? Promise.reject(new Error('Connection is closed.'))
            : lookedAt(...args)) as typeof redis.commands.zrangebyscore);
    await ledger.close(await ledger.take(over + leaseMs, 10, leaseMs));
    await ledger.gather(messageOf(chat, 2), [user], windowMs, start);
    const held = (await keys()).find((key) => key.endsWith(':due'));
    deaf((key) => key !== held);
    expect(await ledger.nextDue()).toBe(over);
    expect(await ledger.take(over, 10, leaseMs)).toHaveLength(1);
    deaf((key) => key === held);
    expect(isUnavailable(await refusal(ledger.nextDue()))).toBe(true);
    expect(isUnavailable(await refusal(ledger.take(over + leaseMs, 10, leaseMs)))).toBe(true);
  });
});

describe.skipIf(!cluster.engine)(`on a cluster${cluster.why}`, () => {
  const [url, nodes] = [cluster.engine?.url ?? '', cluster.engine?.nodes ?? []];
  const urls = nodes.map((node) => node.url);
  pushLedgerContract('Redis Cluster', () => engine(urls, () => connect(url, { mode: 'cluster' })));

  it('spreads windows, claims and what devices show over all nodes', async () => {
    const { both, clear, close } = await engine(urls, () => connect(url, { mode: 'cluster' }));
    await clear();
    const [user = '', ...many] = ids(101);
    await Promise.all(many.map((chat) => both[0].gather(messageOf(chat, 1), [user], windowMs, start)));
    await both[0].claim(many.map((messageId) => ({ messageId, deviceId: user })));
    await Promise.all(many.map((userId) => both[0].shown(userId, user, [user])));
    for (const node of urls) {
      const held = await raw(node, (admin) => admin.keys('*'));
      for (const kind of [':chat:', ':claims:', ':shown:']) {
        expect(held.filter((key) => key.includes(kind)).length).toBeGreaterThan(5);
      }
    }
    await close();
  });
});
