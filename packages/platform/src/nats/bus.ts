/**
 * The bus of several processes: NATS JetStream (contract section 5), 2.9 or newer.
 *
 * Phases: made; `subscribe`d to; `start`ed (the connection, the streams and one durable consumer for each group and stream
 * are there, events come); `stop`ped (no events come, publishing goes on); closed.
 *
 * The server may go and come back at any time after the start. Meanwhile `publish` and `ping` reject at once, and when it is
 * back streams and consumers are made again where it lost them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type AnyBusEvent, type BusEvent, type BusSubject, redeliverySeconds } from '@parley/contract';
import { type DeadLetterStore, type Log, unavailable } from '@parley/core';
import { type BusEngine, outageSeconds } from '../memory/bus.ts';
import type { Metrics } from '../metrics.ts';
import type { Handler } from './deliveries.ts';
import { Group } from './group.ts';
import { Lag } from './lag.ts';
import { NatsLink } from './link.ts';
import { NatsPublishing } from './publishing.ts';
import { ensureStreams, isRefusal, streamOf } from './streams.ts';

export interface NatsBusOptions {
  /** One address or several, as a list or separated by commas; user, password or token may stand in them. */
  url: string | readonly string[];
  /** The program, shown with the instance in the server's list of connections. */
  name: string;
  instance: string;
  log: Log;
  metrics: Pick<Metrics, 'busEvents' | 'deadLetters' | 'registry'>;
  deadLetters: Pick<DeadLetterStore, 'put'>;
  /** Milliseconds to wait for the server. */
  timeoutMs?: number;
  /** Copies of each stream. */
  replicas?: number;
  /** Events of one group and stream that are held at once. */
  maxHeld?: number;
  /** Seconds before each redelivery; the contract's by default. */
  backoffSeconds?: readonly number[];
  /** Seconds between tries while a store is away, the last one again and again. */
  outageSeconds?: readonly number[];
  /** Milliseconds after which an event of a process that died is delivered again. */
  ackWaitMs?: number;
  /** Milliseconds between signs of life that the server owes a waiting consumer. */
  heartbeatMs?: number;
  /** Milliseconds between looks at how far consumers are behind. */
  lagMs?: number;
}

/**
 * Milliseconds before a stream that was deleted is made again: a server 2.9 is still removing its files then, and takes those
 * of the new one with them.
 */
const deletedMs = 400;
/** Milliseconds between attempts to make streams and consumers again. */
const repairMs = [100, 250, 500, 1_000, 2_000];

export class NatsBus implements BusEngine {
  readonly #options: NatsBusOptions & { timeoutMs: number };
  readonly #link: NatsLink;
  readonly #publishing: NatsPublishing;
  readonly #handlers = new Map<string, Map<string, Handler[]>>();
  readonly #groups: Group[] = [];
  readonly #lag: Lag;
  #started = false;
  #closed = false;
  #repairing: Promise<void> | undefined;
  #repairAgain = false;
  #lagTimer: NodeJS.Timeout | undefined;

  constructor(options: NatsBusOptions) {
    const timeoutMs = options.timeoutMs ?? 2_500;
    this.#options = { ...options, timeoutMs };
    this.#publishing = new NatsPublishing({
      timeoutMs,
      onNoStream: () => this.#repair('no stream takes an event', deletedMs),
    });
    this.#link = new NatsLink({
      url: options.url,
      name: `${options.name} ${options.instance}`,
      timeoutMs,
      log: options.log,
      onUp: () => this.#repair('connected again', 0),
      onDown: () => this.#down(),
    });
    this.#lag = new Lag(options.metrics.registry);
  }

  /** @throws {Error} after the start: what a group wants is told to the server then */
  subscribe<S extends BusSubject>(
    consumer: string,
    subject: S,
    handler: (event: BusEvent<S>) => void | Promise<void>,
  ): () => void {
    if (this.#started) throw new Error(`${consumer} subscribed to ${subject} after the bus was started`);
    const subjects = this.#handlers.get(consumer) ?? new Map<string, Handler[]>();
    this.#handlers.set(consumer, subjects);
    const wrapped: Handler = (event) => handler(event as unknown as BusEvent<S>);
    subjects.set(subject, [...(subjects.get(subject) ?? []), wrapped]);
    return () => {
      if (!this.#started) {
        const rest = (subjects.get(subject) ?? []).filter((other) => other !== wrapped);
        if (rest.length > 0) subjects.set(subject, rest);
        else subjects.delete(subject);
        return;
      }
      // An event that comes for a handler that is gone belongs to another instance: this one takes no more of that stream.
      const stream = streamOf(subject);
      const group = this.#groups.find((each) => each.consumer === consumer && each.stream === stream);
      void group?.stop(this.#options.timeoutMs);
    };
  }

  /**
   * Connects, and makes streams and consumers where they are missing. Rejects with `unavailable` within `timeoutMs` (and may
   * be called again) where the server cannot be reached, and with JetStream's reason where it refuses.
   */
  async start(): Promise<void> {
    const connection = this.#link.live ?? (await this.#link.open());
    if (!this.#started) this.#makeGroups();
    this.#started = true;
    try {
      await this.#prepare(connection);
    } catch (error) {
      this.#options.log.error({ err: error }, 'NATS has no JetStream, or it does not do what is needed');
      throw isRefusal(error) ? error : unavailable('The event bus', error);
    }
    this.#lagTimer ??= setInterval(() => void this.#measure(), this.#options.lagMs ?? 10_000).unref();
  }

  /**
   * Resolves when the server has stored the events; of two calls, the first one's events come first in a stream. Rejects with
   * `unavailable` at once while the server is away, and within `timeoutMs` when it does not answer: then it may have stored
   * some of them, and a repeat within two minutes does no harm (`Nats-Msg-Id`).
   */
  publish(events: readonly AnyBusEvent[]): Promise<void> {
    if (!this.#link.live) return Promise.reject(unavailable('The event bus', new Error('not connected')));
    return this.#publishing.publish(events);
  }

  async settled(): Promise<void> {
    await this.#publishing.settled();
    await Promise.all(this.#groups.map((group) => group.settled()));
  }

  async stop(): Promise<void> {
    clearInterval(this.#lagTimer);
    await Promise.all(this.#groups.map((group) => group.stop(this.#options.timeoutMs)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.stop();
    this.#publishing.abandon(new Error('the bus was closed'));
    await this.#link.close();
  }

  async ping(): Promise<void> {
    const connection = this.#link.live;
    if (!connection) throw unavailable('The event bus', new Error('not connected'));
    // Making a manager asks JetStream itself, not just the server.
    await this.#manager(connection).catch((error) => {
      throw unavailable('The event bus', error);
    });
  }

  #manager(connection: NatsConnection): Promise<JetStreamManager> {
    return jetstreamManager(connection, { timeout: this.#options.timeoutMs });
  }

  /** Streams first: a consumer stands on one. */
  async #prepare(connection: NatsConnection): Promise<void> {
    this.#publishing.attach(connection);
    const manager = await this.#manager(connection);
    const { replicas = 1, log } = this.#options;
    await ensureStreams(manager, { replicas, log });
    await Promise.all(this.#groups.map((group) => group.start(connection, manager)));
  }

  #makeGroups(): void {
    const options = this.#options;
    for (const [consumer, subjects] of this.#handlers) {
      for (const stream of new Set([...subjects.keys()].map(streamOf))) {
        const handlers = new Map([...subjects].filter(([subject]) => streamOf(subject) === stream));
        this.#groups.push(
          new Group({
            consumer,
            stream,
            handlers,
            log: options.log,
            metrics: options.metrics,
            deadLetters: options.deadLetters,
            backoffSeconds: options.backoffSeconds ?? redeliverySeconds,
            outageSeconds: options.outageSeconds ?? outageSeconds,
            ackWaitMs: options.ackWaitMs ?? 30_000,
            heartbeatMs: options.heartbeatMs ?? 5_000,
            maxHeld: options.maxHeld ?? 256,
            onLost: (reason) => this.#repair(reason, deletedMs),
          }),
        );
      }
    }
  }

  #down(): void {
    this.#publishing.abandon(new Error('the connection was lost'));
    for (const group of this.#groups) group.pause();
  }

  /** Makes again what the server may have lost, until it is there; one repair is under way at a time. */
  #repair(reason: string, afterMs: number): void {
    if (this.#closed || !this.#started) return;
    this.#repairAgain = true;
    this.#repairing ??= this.#repairs(reason, afterMs).finally(() => {
      this.#repairing = undefined;
    });
  }

  async #repairs(reason: string, afterMs: number): Promise<void> {
    for (let attempt = 0; this.#repairAgain && !this.#closed; attempt++) {
      const waitMs = attempt === 0 ? afterMs : repairMs[Math.min(attempt, repairMs.length) - 1];
      if (waitMs) await pause(waitMs, undefined, { ref: false });
      const connection = this.#link.live;
      // The next connection asks for another repair.
      if (!connection) return;
      this.#repairAgain = false;
      try {
        await this.#prepare(connection);
      } catch (error) {
        this.#options.log.warn({ err: error, reason }, 'streams and consumers could not be made yet');
        this.#repairAgain = true;
      }
    }
  }

  async #measure(): Promise<void> {
    const connection = this.#link.live;
    if (!connection) return;
    try {
      await this.#lag.measure(await this.#manager(connection), this.#groups);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'the lag of consumers could not be read');
    }
  }
}
