/** @packageDocumentation The engines behind core's ports other than the stores, and what every program needs. */
export { JwtAccessTokens } from './auth/access-tokens.ts';
export { WorkerHasher } from './auth/hasher.ts';
export { installationSecret } from './auth/secret.ts';
export * from './config.ts';
export * from './inbox.ts';
export * from './log.ts';
export { MemoryBus } from './memory/bus.ts';
export { MemoryKeyValue } from './memory/key-value.ts';
export { MemoryPresence } from './memory/presence.ts';
export { MemoryRateLimiter } from './memory/rate-limiter.ts';
export { MemorySignals } from './memory/signals.ts';
export * from './metrics.ts';
export { OutboxRelay, type RelayOptions } from './outbox/relay.ts';
export * from './readiness.ts';
export { inboxSms, webhookSms } from './sms.ts';
