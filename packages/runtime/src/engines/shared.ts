/** What instances share in passing: Redis where it is configured, otherwise this process's memory. */
import type { Clock, FanOut, KeyValue, PresenceLeases, PushLedger, RateLimiter, Signals } from '@parley/core';
import {
  type Config,
  createRedis,
  type Logger,
  MemoryFanOut,
  MemoryKeyValue,
  MemoryPresence,
  MemoryRateLimiter,
  MemorySignals,
  RedisFanOut,
  RedisKeyValue,
  RedisPresence,
  RedisPushLedger,
  RedisRateLimiter,
  RedisSignals,
} from '@parley/platform';

export interface SharedEngines {
  keyValue: KeyValue;
  rates: RateLimiter;
  presence: PresenceLeases;
  signals: Signals;
  fanOut: FanOut;
  /** Null where it is in the database, which a process that dies leaves behind. */
  pushLedger: PushLedger | null;
  /** Rejects when the engine is away; null where there is nothing that could be. */
  ping: (() => Promise<unknown>) | null;
  close(): Promise<void>;
}

/**
 * Milliseconds for an answer that takes a fraction of one. A request may ask Redis twice (is the session signed out, is the limit
 * reached) and must still be answered within 3 s when it hangs.
 */
const redisTimeoutMs = 1_000;

/** Redis may be away: what needs it fails until it is there. */
export function openShared(config: Config, program: string, clock: Clock, log: Logger): SharedEngines {
  const { redisUrl, rateLimits, rateLimitScale } = config;
  if (redisUrl === null) {
    return {
      keyValue: new MemoryKeyValue(clock),
      rates: new MemoryRateLimiter(rateLimits, rateLimitScale),
      presence: new MemoryPresence(clock),
      signals: new MemorySignals(log),
      fanOut: new MemoryFanOut(),
      pushLedger: null,
      ping: null,
      close: async () => undefined,
    };
  }
  const redis = createRedis({
    urls: redisUrl,
    mode: config.redisMode,
    sentinelName: config.redisSentinelName,
    timeoutMs: Math.min(config.storeTimeoutMs, redisTimeoutMs),
    name: `parley-${program}`,
    onError: (error) => log.warn({ err: error }, 'Redis is not available'),
  });
  const signals = new RedisSignals(redis, log);
  const fanOut = new RedisFanOut(redis, { log });
  return {
    keyValue: new RedisKeyValue(redis),
    rates: new RedisRateLimiter(redis, rateLimits, rateLimitScale),
    presence: new RedisPresence(redis),
    signals,
    fanOut,
    pushLedger: new RedisPushLedger(redis),
    ping: () => redis.ping(),
    async close() {
      await fanOut.close();
      await redis.close();
    },
  };
}
