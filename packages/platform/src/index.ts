/** @packageDocumentation The engines behind core's ports other than the stores, and what every program needs. */
export { JwtAccessTokens } from './auth/access-tokens.ts';
export { WorkerHasher } from './auth/hasher.ts';
export { installationSecret } from './auth/secret.ts';
export * from './config.ts';
export { FairQueue } from './fair-queue.ts';
export * from './inbox.ts';
export * from './log.ts';
export * from './media/index.ts';
export { type BusEngine, MemoryBus } from './memory/bus.ts';
export { MemoryFanOut } from './memory/fan-out.ts';
export { MemoryKeyValue } from './memory/key-value.ts';
export { MemoryPresence } from './memory/presence.ts';
export { MemoryRateLimiter } from './memory/rate-limiter.ts';
export { MemorySignals } from './memory/signals.ts';
export * from './metrics.ts';
export { NatsBus, type NatsBusOptions } from './nats/bus.ts';
export { type ConsumerQueue, readQueues } from './nats/queue.ts';
export * from './objects/index.ts';
export { OutboxRelay, type RelayOptions } from './outbox/relay.ts';
export { routePublisher } from './outbox/route.ts';
export * from './push/index.ts';
export * from './readiness.ts';
export { createRedis, RedisConnection, type RedisConnectionOptions } from './redis/connection.ts';
export {
  type FanOutCounters,
  isInstanceAway,
  RedisFanOut,
  type RedisFanOutOptions,
} from './redis/fan-out.ts';
export { RedisKeyValue } from './redis/key-value.ts';
export { RedisPresence } from './redis/presence.ts';
export { RedisPushLedger } from './redis/push-ledger.ts';
export { RedisRateLimiter } from './redis/rate-limiter.ts';
export { RedisSignals } from './redis/signals.ts';
export { inboxSms, webhookSms } from './sms.ts';
export { type MessageStage, MessageStages, messageStages, StageSums } from './stages.ts';
export { within } from './within.ts';
