/**
 * Frames between instances. `routes` say which instances hold a topic, and each instance has a mailbox, a pub/sub channel
 * that it alone hears. To send is one look-up for all topics of a batch, then one message to each instance concerned.
 *
 * Pub/sub forgets, so what could have been missed is made up for by whoever sees it: a mailbox that nobody hears makes
 * `send` reject while its owner may come back, and its routes go when it does not; after Redis was away, or has lost
 * routes as the markers tell, every instance tells all of its topics again, and nobody sends until all had the time to.
 */
import { Batcher, type FanOut, isUnavailable, type Log, type Packet, unavailable } from '@parley/core';
import type { RedisConnection } from './connection.ts';
import { decodePackets, decodeProbe, encodeProbe } from './frames.ts';
import { Holdings } from './holdings.ts';
import { Mailbox } from './mailbox.ts';
import { Markers } from './markers.ts';
import { Outbound } from './outbound.ts';
import { Recent } from './recent.ts';
import { Routes } from './routes.ts';

export { isInstanceAway } from './errors.ts';

/** All times are in milliseconds. */
export interface RedisFanOutOptions {
  log: Pick<Log, 'warn'>;
  /** How long an instance counts as living after its last sign of life. */
  leaseMs?: number;
  /** How often it gives one, and looks whether routes were lost: the same for all instances. */
  beatMs?: number;
  /** How long nothing is sent after Redis was away: instances tell their topics again in this time. */
  settleMs?: number;
  /** How long an instance may be unreachable before it is given up though its lease still runs. */
  graceMs?: number;
  /** How many packet ids are remembered to tell repeats. */
  remembered?: number;
}

/** So much longer than a beat takes, other instances have told their topics again. */
const lossMarginMs = 1_000;

/** Totals since the start. */
export interface FanOutCounters {
  sent: number;
  received: number;
  /** Received again and dropped. */
  repeated: number;
  rejected: number;
  /** Messages to mailboxes. */
  publishes: number;
}

export class RedisFanOut implements FanOut {
  readonly solitary = false;
  readonly counters: FanOutCounters = { sent: 0, received: 0, repeated: 0, rejected: 0, publishes: 0 };
  readonly #redis: RedisConnection;
  readonly #log: Pick<Log, 'warn'>;
  readonly #settleMs: number;
  readonly #beatMs: number;
  readonly #mailbox: Mailbox;
  readonly #holdings: Holdings;
  readonly #outgoing: Batcher<Packet, undefined>;
  readonly #recent: Recent;
  readonly #handlers = new Set<(packet: Packet) => void>();
  readonly #probes = new Map<string, () => void>();
  readonly #beat: NodeJS.Timeout;
  readonly #stops: (() => void)[];
  /** Nothing is sent before this moment, in milliseconds as `performance.now()` has them. */
  #settledAt = 0;
  /** Nor before this one, since routes were lost. */
  #retoldAt = 0;
  #probed = 0;
  #checking = false;
  #closed = false;

  constructor(redis: RedisConnection, options: RedisFanOutOptions) {
    const { log } = options;
    this.#redis = redis;
    this.#log = log;
    this.#settleMs = options.settleMs ?? 1_500;
    this.#beatMs = options.beatMs ?? 2_000;
    this.#recent = new Recent(options.remembered ?? 32_768);
    this.#mailbox = new Mailbox(redis, options.leaseMs ?? 30_000, (text) => this.#receive(text));
    const markers = new Markers(
      redis,
      () => this.#mailbox.id,
      () => this.#routesLost(),
    );
    const routes = new Routes(redis, markers);
    this.#holdings = new Holdings(routes, markers, this.#mailbox, redis, log);
    const outbound = new Outbound(routes, this.#mailbox, {
      graceMs: options.graceMs ?? 5_000,
      counters: this.counters,
    });
    this.#outgoing = new Batcher<Packet, undefined>({
      maxSize: 1_000,
      isolate: (error) => !isUnavailable(error),
      run: (packets) => {
        this.#assertSettled();
        return outbound.send(packets);
      },
    });
    this.#stops = [
      redis.onLost(() => {
        this.#settledAt = Number.POSITIVE_INFINITY;
      }),
      redis.onBack(() => {
        this.#settledAt = performance.now() + this.#settleMs;
        this.#holdings.renew();
      }),
      redis.subscriber.onBack(() => this.#holdings.renew()),
    ];
    this.#beat = setInterval(() => void this.#check(), this.#beatMs).unref();
  }

  /**
   * Errors: `SERVICE_UNAVAILABLE`; the topic is held all the same, and told to others as soon as Redis is back. Until
   * `leave`, joining again does nothing.
   */
  join(topic: string): Promise<void> {
    if (this.#closed) return Promise.reject(unavailable('Redis', new Error('the fan-out is closed')));
    return this.#holdings.join(topic);
  }

  /** Never rejects: where Redis is away, the route is taken back later. */
  leave(topic: string): Promise<void> {
    return this.#holdings.leave(topic);
  }

  /**
   * An id names the packet together with all of its topics: another packet needs another id. Errors:
   * `SERVICE_UNAVAILABLE`, with `isInstanceAway` where only single instances cannot be reached.
   */
  async send(packet: Packet): Promise<void> {
    if (packet.topics.length === 0) return;
    try {
      this.#assertSettled();
      await this.#outgoing.add(packet);
      this.counters.sent++;
    } catch (error) {
      this.counters.rejected++;
      throw error;
    }
  }

  subscribe(handler: (packet: Packet) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Errors: `SERVICE_UNAVAILABLE` when it is not back within the connection's `timeoutMs`. */
  async loopback(): Promise<void> {
    await this.#holdings.open();
    const nonce = String(++this.#probed);
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const late = () => reject(unavailable('Redis', new Error('the mailbox is silent')));
        timer = setTimeout(late, this.#redis.timeoutMs);
        this.#probes.set(nonce, resolve);
        this.#mailbox.post(this.#mailbox.id, encodeProbe(nonce)).then((open) => open || late(), reject);
      });
    } finally {
      clearTimeout(timer);
      this.#probes.delete(nonce);
    }
  }

  /** Sends what is waiting and takes all routes back, if that can be done within the connection's `timeoutMs`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#beat);
    for (const stop of this.#stops) stop();
    await this.#outgoing.settled();
    await this.#holdings
      .close()
      .catch((error) => this.#log.warn({ err: error }, 'routes are left behind and run out by themselves'));
  }

  #assertSettled(): void {
    if (this.#closed) throw unavailable('Redis', new Error('the fan-out is closed'));
    if (performance.now() < Math.max(this.#settledAt, this.#retoldAt)) {
      throw unavailable('Redis', new Error('instances are telling their topics again'));
    }
  }

  /** The others notice it with their next beat at the latest. */
  #routesLost(): void {
    const now = performance.now();
    if (now >= this.#retoldAt) this.#log.warn({}, 'Redis has lost routes: topics are told again');
    this.#retoldAt = now + this.#beatMs + lossMarginMs;
    this.#holdings.renew();
  }

  #receive(text: string): void {
    const nonce = decodeProbe(text);
    if (nonce !== undefined) {
      this.#probes.get(nonce)?.();
      return;
    }
    try {
      for (const packet of decodePackets(text)) this.#take(packet);
    } catch (error) {
      this.#log.warn({ err: error }, 'mail of another instance could not be read');
    }
  }

  #take(packet: Packet): void {
    this.counters.received++;
    if (packet.id !== null && !this.#recent.add(packet.id)) {
      this.counters.repeated++;
      return;
    }
    if (!this.#holdings.expects(packet.topics)) return;
    for (const handler of this.#handlers) {
      try {
        handler(packet);
      } catch (error) {
        this.#log.warn(
          { err: error, event: packet.event },
          'a packet of another instance could not be handled',
        );
      }
    }
  }

  /** Keeps the lease and the markers, and sees to it that the mailbox is heard. */
  async #check(): Promise<void> {
    if (!this.#holdings.opened || !this.#redis.ready || !this.#redis.subscriber.live) return;
    this.#holdings.renew(true);
    // A probe that is still waiting would drop the connection that another one has already replaced.
    if (this.#checking) return;
    this.#checking = true;
    try {
      await this.loopback();
    } catch (error) {
      this.#log.warn({ err: error }, 'the mailbox is not heard: connecting again');
      this.#redis.subscriber.reset();
    } finally {
      this.#checking = false;
    }
  }
}
