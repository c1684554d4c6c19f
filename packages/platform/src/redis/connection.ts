/** The way to Redis that all its engines of a program share. */
import { randomBytes } from 'node:crypto';
import { unavailable } from '@parley/core';
import { Cluster, type Redis, type RedisCommander } from 'ioredis';
import { type ClientOptions, commandClient, subscriberClient } from './clients.ts';
import { addressOf, assertWhole } from './cluster-nodes.ts';
import { isUnknownScript, toAppError } from './errors.ts';
import { Listeners } from './listeners.ts';
import type { Script } from './script.ts';
import { Subscriber } from './subscriber.ts';
import { parseRedisUrls } from './urls.ts';

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`; with sentinels or a cluster any number of them. */
  urls: readonly string[];
  mode: 'single' | 'sentinel' | 'cluster';
  /** The name under which sentinels know the master. */
  sentinelName?: string;
  /** The longest wait for an answer, in milliseconds. */
  timeoutMs?: number;
  /** Told when the connection is lost or cannot be made; at most every 10 seconds. */
  onError(error: unknown): void;
  /** How Redis shows this program in `CLIENT LIST`. */
  name: string;
}

/** Of the errors of an outage, one in so many milliseconds is told. */
const reportEveryMs = 10_000;
/** Only connections that are open say when they have ended; with a cluster, that is not known of all. */
const closeMs = 500;

export class RedisConnection {
  /** Sends commands; to be called within `run`. */
  readonly commands: RedisCommander;
  readonly subscriber: Subscriber;
  readonly mode: RedisConnectionOptions['mode'];
  readonly timeoutMs: number;
  /** Tells this connection from all others, of this program and of other programs. */
  readonly id = randomBytes(6).toString('base64url');
  /** Into how many keys a large collection is divided: a cluster spreads them over its nodes. */
  readonly shards: number;
  readonly #client: Redis | Cluster;
  readonly #options: RedisConnectionOptions;
  readonly #lost = new Listeners();
  readonly #back = new Listeners();
  /** Resolves when the first attempt to connect has ended, well or not. */
  readonly #tried: Promise<unknown>;
  #everReady = false;
  #away = false;
  #probe: NodeJS.Timeout | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.mode = options.mode;
    this.timeoutMs = options.timeoutMs ?? 2_500;
    this.shards = options.mode === 'cluster' ? 64 : 1;
    const clients: ClientOptions = {
      target: parseRedisUrls(options.urls, options.mode),
      mode: options.mode,
      sentinelName: options.sentinelName ?? 'mymaster',
      timeoutMs: this.timeoutMs,
      name: options.name,
    };
    const client = commandClient(clients);
    this.#client = client;
    this.commands = client;
    this.#tried = new Promise<void>((resolve) => {
      client.once('ready', resolve);
      client.once('error', () => resolve());
      client.once('close', resolve);
    });
    client.on('error', (error) => this.#report(error));
    client.on('ready', () => this.#ready());
    client.on('close', () => this.#close());
    if (client instanceof Cluster) client.on('-node', () => this.#watchNodes(client));
    this.subscriber = new Subscriber({
      open: (node) => subscriberClient(clients, node),
      nodes: () => (client instanceof Cluster ? client.nodes('master').map(addressOf) : null),
      timeoutMs: this.timeoutMs,
      onError: (error) => this.#report(error),
    });
  }

  /** Whether commands can be sent right now. */
  get ready(): boolean {
    return this.#client.status === 'ready';
  }

  /** Calls back when the connection is gone; with a cluster, when all of its nodes are. */
  onLost(handler: () => void): () => void {
    return this.#lost.add(handler);
  }

  /** Calls back when the connection is there again after a loss; with a cluster, after the loss of any node. */
  onBack(handler: () => void): () => void {
    return this.#back.add(handler);
  }

  /** Does what `work` asks of Redis. Errors: `SERVICE_UNAVAILABLE` within `timeoutMs`; errors of ours as they are. */
  run<T>(work: () => PromiseLike<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(unavailable('Redis', new Error(`no answer within ${this.timeoutMs} ms`))),
        this.timeoutMs,
      );
      const start = this.#everReady ? work() : this.#tried.then(work);
      start.then(
        (value) => {
          clearTimeout(timer);
          resolve(value);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(toAppError(error));
        },
      );
    });
  }

  /** Runs a script over one key, or over several of one slot. Errors: as `run`. */
  script(
    script: Script,
    key: string | readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const keys = typeof key === 'string' ? [key] : key;
    return this.run(async () => {
      try {
        return await this.commands.evalsha(script.sha, keys.length, ...keys, ...args);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return this.commands.eval(script.lua, keys.length, ...keys, ...args);
      }
    });
  }

  /** Publishes to whoever is subscribed; resolves to how many got it, on a cluster how many of this channel's node. */
  async publish(channel: string, text: string, sharded = false): Promise<number> {
    const reply = await this.run<unknown>(() =>
      sharded && this.mode === 'cluster'
        ? this.commands.spublish(channel, text)
        : this.commands.publish(channel, text),
    );
    return Number(reply);
  }

  /** Errors: `SERVICE_UNAVAILABLE`. */
  async ping(): Promise<void> {
    await this.run(() => this.commands.ping());
  }

  /** Ends all connections; commands in flight are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#probe);
    this.subscriber.close();
    if (!this.ready) {
      this.#client.disconnect();
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, closeMs);
      this.#client.once('end', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#client.disconnect();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ready(): void {
    this.#everReady = true;
    if (!this.#away) return;
    this.#away = false;
    this.#reportedAt = Number.NEGATIVE_INFINITY;
    this.#back.call();
  }

  #close(): void {
    if (this.#closed || this.#away) return;
    this.#away = true;
    this.#lost.call();
  }

  /** A node of the cluster is gone, its keys perhaps with it: says so when every master answers again. */
  #watchNodes(cluster: Cluster): void {
    if (this.#probe !== undefined || this.#closed) return;
    this.#probe = setTimeout(() => {
      this.#probe = undefined;
      if (cluster.status !== 'ready') {
        // Being lost as a whole has its own way back.
        if (!this.#away) this.#watchNodes(cluster);
        return;
      }
      cluster.refreshSlotsCache();
      this.run(() => assertWhole(cluster)).then(
        () => this.#back.call(),
        () => this.#watchNodes(cluster),
      );
    }, 250);
  }

  #report(error: unknown): void {
    const now = performance.now();
    if (this.#closed || now - this.#reportedAt < reportEveryMs) return;
    this.#reportedAt = now;
    this.#options.onError(error);
  }
}

/** Connects; commands given before it has wait for the first attempt. */
export function createRedis(options: RedisConnectionOptions): RedisConnection {
  return new RedisConnection(options);
}
