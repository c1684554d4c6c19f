import { Cluster, Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startRedisCluster, startRedisSentinel } from '../src/index.ts';
import { runs, until } from './support/until.ts';

const startMs = 120_000;

function addresses(url: string): { host: string; port: number }[] {
  return url.split(',').map((one) => ({ host: new URL(one).hostname, port: Number(new URL(one).port) }));
}

test('a cluster serves every slot from three masters', { timeout: startMs }, async () => {
  const cluster = await startRedisCluster();
  const pids = cluster.nodes.map(({ pid }) => pid ?? 0);
  try {
    expect(cluster.env).toEqual({ REDIS_URL: cluster.url, REDIS_MODE: 'cluster' });
    const client = new Cluster(addresses(cluster.url));
    for (let index = 0; index < 60; index++) await client.set(`key-${index}`, String(index));
    expect(await client.get('key-59')).toBe('59');
    const counts = await Promise.all(client.nodes('master').map((node) => node.dbsize()));
    expect(counts).toHaveLength(3);
    expect(counts.every((count) => count > 0)).toBe(true);
    client.disconnect();
  } finally {
    await cluster[Symbol.asyncDispose]();
  }
  expect(pids.some(runs)).toBe(false);
});

test('sentinels replace a master that is frozen', { timeout: startMs }, async () => {
  await using group = await startRedisSentinel();
  expect(group.env).toEqual({
    REDIS_URL: group.url,
    REDIS_MODE: 'sentinel',
    REDIS_SENTINEL_NAME: group.masterName,
  });
  expect(group.sentinels).toHaveLength(3);
  const client = new Redis({
    sentinels: addresses(group.url),
    name: group.masterName,
    commandTimeout: 10_000,
  });
  client.on('error', () => {});
  await client.set('key', 'kept');
  expect(await client.wait(1, 5000)).toBe(1);
  expect(await group.masterUrl()).toBe(group.master.url);
  group.master.pause();
  await until('the replica is the master', async () => (await group.masterUrl()) === group.replica.url);
  client.disconnect();
  const after = new Redis({
    sentinels: addresses(group.url),
    name: group.masterName,
    commandTimeout: 10_000,
  });
  expect(await after.get('key')).toBe('kept');
  expect(await after.set('key', 'new')).toBe('OK');
  after.disconnect();
});
