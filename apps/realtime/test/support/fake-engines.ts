/** In-process engines behind core's ports. */
import type { AnyBusEvent, BusEvent, BusSubject, RateScope } from '@parley/contract';
import {
  type AccessClaims,
  type AccessTokens,
  AppError,
  type Clock,
  type EventBus,
  type FanOut,
  type KeyValue,
  type Packet,
  type PresenceLeases,
  type Publisher,
  type RateDecision,
  type RateLimiter,
  type SecretHasher,
  type Signal,
  type Signals,
  type Sms,
  unavailable,
} from '@parley/core';

export class FakeClock implements Clock {
  #offset = 0;
  now(): number {
    return Date.now() + this.#offset;
  }
  advance(seconds: number): void {
    this.#offset += seconds * 1000;
  }
}

export class FakeKeyValue implements KeyValue {
  readonly values = new Map<string, string>();
  /** Resolves before a read answers, to make it slow. */
  hold: Promise<void> | null = null;
  async get(key: string) {
    await this.hold;
    return this.values.get(key) ?? null;
  }
  async set(key: string, value: string) {
    this.values.set(key, value);
  }
  async delete(key: string) {
    return this.values.delete(key);
  }
  async deleteIfEquals(key: string, value: string) {
    return this.values.get(key) === value && this.values.delete(key);
  }
}

/** Refuses what goes over `limits` for a key; counts for ever. */
export class FakeRates implements RateLimiter {
  readonly limits = new Map<RateScope, number>();
  readonly counts = new Map<string, number>();
  failing = false;
  async consume(scope: RateScope, key: string, points = 1): Promise<RateDecision> {
    if (this.failing) throw new Error('the engine is down');
    const id = `${scope}:${key}`;
    const count = (this.counts.get(id) ?? 0) + points;
    this.counts.set(id, count);
    return this.#decide(scope, count);
  }
  async peek(scope: RateScope, key: string): Promise<RateDecision> {
    return this.#decide(scope, this.counts.get(`${scope}:${key}`) ?? 0);
  }
  async reset(scope: RateScope, key: string) {
    this.counts.delete(`${scope}:${key}`);
  }
  #decide(scope: RateScope, count: number): RateDecision {
    return count <= (this.limits.get(scope) ?? Number.POSITIVE_INFINITY)
      ? { allowed: true }
      : { allowed: false, retryAfterSeconds: 7 };
  }
}

export class FakePresence implements PresenceLeases {
  readonly leases = new Map<string, Set<string>>();
  readonly renewals: string[][] = [];
  async acquire(userId: string, connectionId: string) {
    const leases = this.leases.get(userId) ?? new Set();
    this.leases.set(userId, leases.add(connectionId));
    return { first: leases.size === 1 };
  }
  async renew(leases: readonly { userId: string; connectionId: string }[]) {
    this.renewals.push(leases.map((lease) => lease.connectionId));
  }
  async release(userId: string, connectionId: string) {
    const leases = this.leases.get(userId);
    leases?.delete(connectionId);
    if (leases?.size === 0) this.leases.delete(userId);
    return { last: leases?.size === 0 };
  }
  async online(userIds: readonly string[]) {
    return new Set(userIds.filter((id) => this.leases.has(id)));
  }
  async expired() {
    return [];
  }
}

type Handler = (event: AnyBusEvent) => void | Promise<void>;

/** Handles events at once and one after the other; what fails is kept for the test to see. */
export class FakeBus implements EventBus {
  readonly #handlers = new Map<BusSubject, Handler[]>();
  readonly failures: unknown[] = [];
  readonly published: AnyBusEvent[] = [];
  keep = true;
  /** Which of several instances takes the events: each goes to one. */
  taker = 0;
  async publish(events: readonly AnyBusEvent[]) {
    for (const event of events) {
      if (this.keep) this.published.push(event);
      const handlers = this.#handlers.get(event.event_type) ?? [];
      try {
        const handled = handlers[this.taker % handlers.length]?.(event);
        if (handled) await handled;
      } catch (error) {
        this.failures.push(error);
      }
    }
  }
  subscribe<S extends BusSubject>(
    _consumer: string,
    subject: S,
    handler: (event: BusEvent<S>) => void | Promise<void>,
  ) {
    const handlers = this.#handlers.get(subject) ?? [];
    handlers.push(handler as Handler);
    this.#handlers.set(subject, handlers);
    return () => void handlers.splice(handlers.indexOf(handler as Handler), 1);
  }
}

export class FakeSignals implements Signals {
  readonly #handlers = new Set<(signal: Signal) => void>();
  readonly sent: Signal[] = [];
  async send(signal: Signal) {
    this.sent.push(signal);
    for (const handler of this.#handlers) handler(signal);
  }
  subscribe(handler: (signal: Signal) => void) {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }
  /** Set by whoever wants to know of gaps. */
  gap: () => void = () => undefined;
  onGap(handler: () => void) {
    this.gap = handler;
    return () => undefined;
  }
}

/** Takes down what is sent to other instances; `receive` is a packet from one of them. */
export class FakeFanOut implements FanOut {
  solitary = true;
  readonly sent: Packet[] = [];
  /** Other instances; a packet goes to those that hold one of its topics. */
  readonly peers: FakeFanOut[] = [];
  readonly topics = new Map<string, number>();
  receive: (packet: Packet) => void = () => undefined;
  /** Makes `send` fail. */
  failing = false;
  async join(topic: string) {
    this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
  }
  async leave(topic: string) {
    this.topics.delete(topic);
  }
  async send(packet: Packet) {
    if (this.failing) throw unavailable('The engine', null);
    this.sent.push(packet);
    for (const peer of this.peers) {
      if (packet.topics.some((topic) => peer.topics.has(topic))) peer.receive(packet);
    }
  }
  subscribe(handler: (packet: Packet) => void) {
    this.receive = handler;
    return () => undefined;
  }
  async loopback() {}
}

export function fakePublisher(bus: EventBus): Publisher {
  return { publish: (_outboxId, events) => void bus.publish(events) };
}

/** Tokens that anyone can read and nobody should use. */
export class FakeTokens implements AccessTokens {
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }
  make(userId: string, sessionId: string, seconds = 900): string {
    const expiresAt = Math.floor(this.#clock.now() / 1000) + seconds;
    return Buffer.from(JSON.stringify({ userId, sessionId, phone: '', expiresAt })).toString('base64url');
  }
  async sign({ userId, sessionId }: { userId: string; sessionId: string }) {
    return this.make(userId, sessionId);
  }
  async verify(token: string): Promise<AccessClaims> {
    let claims: AccessClaims;
    try {
      claims = JSON.parse(Buffer.from(token, 'base64url').toString()) as AccessClaims;
    } catch {
      throw new AppError('TOKEN_INVALID');
    }
    if (claims.expiresAt * 1000 <= this.#clock.now()) throw new AppError('TOKEN_EXPIRED');
    return claims;
  }
}

export const fakeHasher: SecretHasher = {
  hash: async (secret) => secret,
  matches: async (secret, hash) => secret === hash,
};

export const fakeSms: Sms = { async send() {} };
