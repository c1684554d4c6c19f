/** The other engines that core needs: clock, key-value, limits, presence, bus, fan-out, signals, objects, tokens, hashing, SMS, log. */
import type { Readable } from 'node:stream';
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
  /**
   * Users whose last lease ran out without being released, because their instance died; each is told once, to one caller.
   * `lastSeen` is the last sign of life of any of their connections, in milliseconds since the epoch.
   */
  expired(limit: number): Promise<{ userId: string; lastSeen: number }[]>;
}

/**
 * At-least-once events between the programs. A handler that throws gets the event again, later; after the last redelivery it
 * is a dead letter. One that fails because a store is away (`isUnavailable`) is tried until the store is back.
 */
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

/** A frame on its way to the instances that hold its topics. */
export interface Packet {
  /** Tells a repeat; null where repeats do no harm. */
  id: string | null;
  /** Who it is for, as given to `join`: never an instance that holds none of them. */
  topics: string[];
  /** The connection that must not get it, or null. */
  except: string | null;
  /** Event name and data of the frame, the data as JSON text. */
  event: string;
  data: string;
}

/** Carries frames between the instances of realtime. Each instance tells which topics it holds. */
export interface FanOut {
  /** True where this process is all there is: nothing is ever sent or received then. */
  readonly solitary: boolean;
  /** From now on packets for the topic come here; resolves when that is so. Joining again does nothing. */
  join(topic: string): Promise<void>;
  leave(topic: string): Promise<void>;
  /**
   * Hands the packet to every other instance that holds one of its topics, once each. Rejects when the engine is away or a
   * live instance did not get it: send it again then, with the same id.
   */
  send(packet: Packet): Promise<void>;
  /** Packets that others sent; order of one sender is kept. */
  subscribe(handler: (packet: Packet) => void): () => void;
  /** Sends a packet to this instance through the engine; resolves when it has come back, rejects when it does not. */
  loopback(): Promise<void>;
}

/** What instances tell each other in passing; may be lost without harm (design rule 4). */
export type Signal =
  | { kind: 'kick'; session_ids: string[] }
  /** Members, blocks or settings of these chats changed: what is cached of them is old. */
  | { kind: 'chats'; chat_ids: string[] }
  /** A development server "sent" this: every inbox page shows it. */
  | { kind: 'inbox'; item: SentItem };

/** A text message or a push of a development server. */
export interface SentItem {
  kind: 'sms' | 'push';
  to: string;
  text: string;
  /** The code of a sign-in message. */
  code: string | null;
}

export interface Signals {
  /**
   * Handlers here are called before it returns. Resolves when the engine has taken it for the others, or cannot; never rejects.
   */
  send(signal: Signal): Promise<void>;
  subscribe(handler: (signal: Signal) => void): () => void;
  /** Calls back when signals may have been missed, after the engine was away. */
  onGap(handler: () => void): () => void;
}

/** A stored object as it is read. */
export interface ObjectRead {
  body: Readable;
  /** Bytes of the whole object, whatever part is read. */
  size: number;
  contentType: string;
}

/** Files of any size, by key (`a/b/c`: letters, digits, `-`, `_`, `.` and `/`). */
export interface ObjectStore {
  /**
   * Stores what the stream brings, in bounded memory; nothing is visible under the key before all of it is stored. Rejects,
   * leaving nothing, when the stream fails.
   */
  put(key: string, body: Readable, options: { contentType: string }): Promise<{ size: number }>;
  /** Undefined where there is none. `range` is in bytes, both ends included; an `end` past the last byte means the last. */
  get(key: string, range?: { start: number; end?: number }): Promise<ObjectRead | undefined>;
  stat(key: string): Promise<{ size: number; contentType: string } | undefined>;
  /** Deletes; a key that is not there is no error. */
  delete(keys: readonly string[]): Promise<void>;
  /** A URL that anyone may read the object with until it runs out. `filename` makes it a download of that name. */
  url(key: string, options: { expiresInSeconds: number; filename?: string }): Promise<string>;
}

/** Notes how long sends take, for metrics. In milliseconds; it is on the hot path and must return at once. */
export interface SendTimes {
  /** From the moment a request was found valid until its message joined the send queue. */
  authorised(ms: number): void;
  /** Messages left the queue together; `ms` is the sum of what each waited there. */
  queued(ms: number, messages: number): void;
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
