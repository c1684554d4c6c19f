/** The push ledger in Redis: the contract suite, on one server and on a cluster. */
import { startRedis, startRedisCluster } from '@parley/stack';
import { afterAll, describe } from 'vitest';
import { pushLedgerContract } from '../../../tests/support/push-ledger-contract.ts';
import type { RedisConnection } from '../src/index.ts';
import { RedisPushLedger } from '../src/redis/push-ledger.ts';
import { connect, orWhy, passTime, raw } from './support/redis.ts';

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
});

describe.skipIf(!cluster.engine)(`on a cluster${cluster.why}`, () => {
  const [url, nodes] = [cluster.engine?.url ?? '', cluster.engine?.nodes ?? []];
  const urls = nodes.map((node) => node.url);
  pushLedgerContract('Redis Cluster', () => engine(urls, () => connect(url, { mode: 'cluster' })));
});
