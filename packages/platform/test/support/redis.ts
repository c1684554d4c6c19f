/** Redis for tests: a server of their own, and time that passes at once. */
import { setTimeout as delay } from 'node:timers/promises';
import { isUnavailable, type Log } from '@parley/core';
import { EngineNotAvailable } from '@parley/stack';
import { Redis } from 'ioredis';
import { createRedis, type RedisConnection, type RedisConnectionOptions } from '../../src/index.ts';

export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** The engine, or why it cannot be had, as the end of a suite's name. */
export async function orWhy<T>(start: Promise<T>): Promise<{ engine: T | undefined; why: string }> {
  try {
    return { engine: await start, why: '' };
  } catch (error) {
    if (!(error instanceof EngineNotAvailable)) throw error;
    return { engine: undefined, why: ` (skipped: ${error.message})` };
  }
}

export function connect(url: string, options: Partial<RedisConnectionOptions> = {}): RedisConnection {
  return createRedis({ urls: url.split(','), mode: 'single', name: 'test', onError: () => {}, ...options });
}

/** Makes everything in the database older by `ms`: keys run out, and so do times that sorted sets are ordered by. */
export async function passTime(url: string, ms: number): Promise<void> {
  const redis = new Redis(url);
  try {
    for (const key of await redis.keys('*')) {
      if ((await redis.type(key)) === 'zset') {
        for (const member of await redis.zrange(key, '0', '-1')) await redis.zincrby(key, -ms, member);
      }
      const left = await redis.pttl(key);
      if (left >= 0) await redis.pexpire(key, left - ms);
    }
  } finally {
    redis.disconnect();
  }
}

/** Does something with a plain connection. */
export async function raw<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

/** What the promise rejects with. */
export async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`it resolved, to ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

/** Tries until it succeeds, as callers of `send` do; resolves to how often it was refused. */
export async function insist(action: () => Promise<unknown>): Promise<number> {
  const until = performance.now() + 30_000;
  for (let refused = 0; ; refused++) {
    try {
      await action();
      return refused;
    } catch (error) {
      if (!isUnavailable(error) || performance.now() > until) throw error;
      await delay(20);
    }
  }
}
