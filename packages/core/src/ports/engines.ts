/** The other engines that core needs: clock, key-value, limits, presence, bus, signals, tokens, hashing, SMS, log. */
import type { AnyBusEvent, BusEvent, BusSubject, RateScope } from '@parley/contract';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Short-lived values that all instances share. Times to live are in seconds. */
export interface KeyValue {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  delete(key: string): Promise<boolean>;
  /** Deletes only while the value is this one, in one step; says whether it did. */
  deleteIfEquals(key: string, value: string): Promise<boolean>;
}

export type RateDecision = { allowed: true } | { allowed: false; retryAfterSeconds: number };

export interface RateLimiter {
  /** Counts `points` for the key. Throws where the engine is down: the caller decides what that means. */
  consume(scope: RateScope, key: string, points?: number): Promise<RateDecision>;
  /** Whether the key has used up its limit, without counting. */
  peek(scope: RateScope, key: string): Promise<RateDecision>;
  reset(scope: RateScope, key: string): Promise<void>;
}

/** Presence is a lease per connection, summed per user; leases of a crashed instance run out by themselves. */
export interface PresenceLeases {
  /** Says whether the user was offline before. */
  acquire(userId: string, connectionId: string): Promise<{ first: boolean }>;
  renew(leases: readonly { userId: string; connectionId: string }[]): Promise<void>;
  /** Says whether it was the user's last lease. */
  release(userId: string, connectionId: string): Promise<{ last: boolean }>;
  online(userIds: readonly string[]): Promise<Set<string>>;
}

/** At-least-once events between the programs. A handler that throws gets the event again, later. */
export interface EventBus {
  /** Resolves when the events are as safe on the bus as the engine can make them. */
  publish(events: readonly AnyBusEvent[]): Promise<void>;
  /** `consumer` names a durable group: of its members, each event goes to one. */
  subscribe<S extends BusSubject>(
    consumer: string,
    subject: S,
    handler: (event: BusEvent<S>) => void | Promise<void>,
  ): () => void;
}

/** What instances tell each other in passing; may be lost without harm (design rule 4). */
export type Signal =
  | { kind: 'kick'; session_ids: string[] }
  | { kind: 'typing'; chat_id: string; user_id: string; is_typing: boolean; recipients: string[] };

export interface Signals {
  send(signal: Signal): void;
  subscribe(handler: (signal: Signal) => void): () => void;
}

/** Publishes what is committed in the outbox; never throws, a sweep repeats what failed. */
export interface Publisher {
  publish(outboxId: string, events: readonly AnyBusEvent[]): void;
}

export interface AccessClaims {
  userId: string;
  phone: string;
  sessionId: string;
  /** Seconds since the epoch. */
  expiresAt: number;
}

export interface AccessTokens {
  sign(claims: { userId: string; phone: string; sessionId: string }): Promise<string>;
  /** Throws AppError `TOKEN_EXPIRED` or `TOKEN_INVALID`. */
  verify(token: string): Promise<AccessClaims>;
}

export interface SecretHasher {
  hash(secret: string): Promise<string>;
  matches(secret: string, hash: string): Promise<boolean>;
}

export interface Sms {
  /** `code` is apart from the text so that no log can show it by accident. */
  send(message: { to: string; text: string; code: string }): Promise<void>;
}

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
