/** Signals between all instances: a message on one channel, gone for whoever does not hear it just then. */
import type { Log, Signal, Signals } from '@parley/core';
import { MemorySignals } from '../memory/signals.ts';
import type { RedisConnection } from './connection.ts';

const channel = 'signals';

export class RedisSignals implements Signals {
  readonly #redis: RedisConnection;
  readonly #log: Log;
  readonly #here: MemorySignals;
  #listening: Promise<void> | undefined;

  constructor(redis: RedisConnection, log: Log) {
    this.#redis = redis;
    this.#log = log;
    this.#here = new MemorySignals(log);
  }

  /** Handlers of this instance are called before it returns; the others hear of it a moment later, in no certain order, if at all. */
  send(signal: Signal): Promise<void> {
    this.#here.emit(signal);
    return this.#redis
      .publish(channel, JSON.stringify({ from: this.#redis.id, signal }))
      .then(() => undefined)
      .catch((error) => this.#log.warn({ err: error, kind: signal.kind }, 'a signal could not be sent'));
  }

  subscribe(handler: (signal: Signal) => void): () => void {
    const stop = this.#here.subscribe(handler);
    // What goes wrong now is made up for, and told by onGap's callers like any other gap.
    this.ready().catch((error) => this.#log.warn({ err: error }, 'signals are not heard yet'));
    return stop;
  }

  /** Also when only the way of commands was lost: what others signal follows what they have written. */
  onGap(handler: () => void): () => void {
    const stops = [this.#redis.subscriber.onBack(handler), this.#redis.onBack(handler)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Resolves when signals of other instances are heard. Errors: `SERVICE_UNAVAILABLE`; they are heard later then. */
  ready(): Promise<void> {
    this.#listening ??= this.#redis.subscriber
      .subscribe(channel, false, (text) => this.#receive(text))
      .catch((error) => {
        this.#listening = undefined;
        throw error;
      });
    return this.#listening;
  }

  #receive(text: string): void {
    try {
      const { from, signal } = JSON.parse(text) as { from: string; signal: Signal };
      if (from === this.#redis.id) return;
      if (typeof signal.kind !== 'string') throw new TypeError('a signal has a kind');
      this.#here.emit(signal);
    } catch (error) {
      this.#log.warn({ err: error }, 'a signal could not be read');
    }
  }
}
