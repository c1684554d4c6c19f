/**
 * The one connection of a program that messages come in by. It makes a new connection when it is lost and subscribes to
 * everything again before it says so; what was published in between is gone, which is what `onBack` is for.
 *
 * On a cluster, sharded channels live on the node that owns their slot: the connection goes where `MOVED` points. All
 * sharded channels of a program must therefore share a hash tag. Plain channels are heard from any node.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { unavailable } from '@parley/core';
import type { Redis } from 'ioredis';
import { Listeners } from './listeners.ts';

interface Address {
  host: string;
  port: number;
}

interface Parts {
  open(node?: Address): Redis;
  /** The masters of a cluster as far as they are known; null where there is no cluster. */
  nodes(): Address[] | null;
  timeoutMs: number;
  onError(error: unknown): void;
}

interface Channel {
  sharded: boolean;
  handler(text: string): void;
}

/** How often the line is tried, in milliseconds: a peer that vanished without a word is noticed by it. */
const pingEveryMs = 2_000;

export class Subscriber {
  readonly #parts: Parts;
  readonly #channels = new Map<string, Channel>();
  readonly #lost = new Listeners();
  readonly #back = new Listeners();
  readonly #stop = new AbortController();
  #connection: Redis | undefined;
  #live = false;
  #wasLive = false;
  /** Somebody has gone on without hearing anything. */
  #missed = false;
  #running = false;
  #waiting: (() => void)[] = [];

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get live(): boolean {
    return this.#live;
  }

  onLost(handler: () => void): () => void {
    return this.#lost.add(handler);
  }

  /** Calls back when all channels are subscribed again after a loss, and for the first time where that came too late for somebody. */
  onBack(handler: () => void): () => void {
    return this.#back.add(handler);
  }

  /** Hears the channel from now on; resolves when that is so. Errors: `SERVICE_UNAVAILABLE`; it is heard later then. */
  async subscribe(channel: string, sharded: boolean, handler: (text: string) => void): Promise<void> {
    this.#channels.set(channel, { sharded, handler });
    if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
    const connection = this.#connection;
    if (!this.#live || !connection) return this.ready();
    try {
      await this.#listen(connection, channel, sharded);
    } catch (error) {
      this.reset();
      // The next connection is opened where the channel is.
      if (movedTo(error)) return this.ready();
      throw unavailable('Redis', error);
    }
  }

  /** Hears the channel no more. */
  unsubscribe(channel: string): void {
    const known = this.#channels.get(channel);
    if (!known) return;
    const forget = () => {
      if (this.#channels.get(channel) === known) this.#channels.delete(channel);
    };
    if (!this.#live || !this.#connection) {
      forget();
      return;
    }
    const gone = this.#usesShards(known.sharded)
      ? this.#connection.sunsubscribe(channel)
      : this.#connection.unsubscribe(channel);
    // Heard until Redis confirms it: to publishers, what comes before has arrived. A connection that breaks now is
    // replaced by one that never subscribes to it.
    gone.then(forget, forget);
  }

  /** Resolves when all channels are subscribed. Errors: `SERVICE_UNAVAILABLE` after `timeoutMs`. */
  ready(): Promise<void> {
    if (this.#live) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== told);
        this.#missed = true;
        reject(unavailable('Redis', new Error('subscriptions are not there yet')));
      }, this.#parts.timeoutMs);
      const told = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push(told);
    });
  }

  /** Drops the connection for a new one: it is alive, but not where messages arrive. */
  reset(): void {
    this.#connection?.disconnect();
    this.#isLost();
  }

  close(): void {
    this.#stop.abort();
    this.#connection?.disconnect();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const connection = await this.#open();
        failures = 0;
        await this.#serve(connection);
      } catch (error) {
        failures++;
        if (!signal.aborted) this.#parts.onError(error);
      }
      this.#isLost();
      await delay(Math.min(400, 25 * 2 ** Math.min(failures, 4)), undefined, { signal }).catch(() => {});
    }
  }

  #isLost(): void {
    if (!this.#live) return;
    this.#live = false;
    this.#lost.call();
  }

  /** A connection that hears all channels. */
  async #open(): Promise<Redis> {
    const nodes = this.#parts.nodes();
    let node = nodes?.[Math.floor(Math.random() * nodes.length)];
    if (nodes !== null && node === undefined) throw new Error('no node of the cluster is known');
    for (let hops = 0; ; hops++) {
      this.#stop.signal.throwIfAborted();
      const connection = this.#parts.open(node);
      try {
        await this.#prepare(connection);
        return connection;
      } catch (error) {
        connection.disconnect();
        node = movedTo(error);
        if (node === undefined || hops === 5) throw error;
      }
    }
  }

  async #prepare(connection: Redis): Promise<void> {
    // Kept from the first moment, so that closing ends an attempt as well.
    this.#connection = connection;
    connection.on('error', (error) => this.#parts.onError(error));
    const hear = (channel: string, text: string) => this.#channels.get(channel)?.handler(text);
    connection.on('message', hear);
    connection.on('smessage', hear);
    await connection.connect();
    const heard = new Set<string>();
    for (;;) {
      // Channels may be added while others are being subscribed to.
      const missing = [...this.#channels].filter(([name]) => !heard.has(name));
      if (missing.length === 0) break;
      for (const [name] of missing) heard.add(name);
      await Promise.all(missing.map(([name, { sharded }]) => this.#listen(connection, name, sharded)));
    }
    if (connection.status !== 'ready') throw new Error('the connection was lost while subscribing');
    // A cluster tells in this way that the slot has moved to another node.
    connection.once('moved', () => this.reset());
    this.#live = true;
  }

  async #listen(connection: Redis, channel: string, sharded: boolean): Promise<void> {
    if (this.#usesShards(sharded)) await connection.ssubscribe(channel);
    else await connection.subscribe(channel);
  }

  #usesShards(sharded: boolean): boolean {
    return sharded && this.#parts.nodes() !== null;
  }

  /** Until the connection ends. */
  async #serve(connection: Redis): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      if (connection.status === 'end') resolve();
      else connection.once('end', resolve);
    });
    const ping = setInterval(() => void connection.ping().catch(() => {}), pingEveryMs);
    for (const told of this.#waiting.splice(0)) told();
    if (this.#wasLive || this.#missed) this.#back.call();
    this.#wasLive = true;
    await ended;
    clearInterval(ping);
  }
}

function movedTo(error: unknown): Address | undefined {
  const target = error instanceof Error ? /^MOVED \d+ (.+):(\d+)$/.exec(error.message) : null;
  return target ? { host: target[1] as string, port: Number(target[2]) } : undefined;
}
