/**
 * The way to MongoDB: one client and its pool, bounded waits, and errors that say whether trying again makes sense.
 *
 * - Writes are acknowledged by the majority and its journals: accepted means durable, also through a fail-over. On a single
 *   server that means its journal.
 * - Reads are of what the majority holds: what anybody was shown can never be rolled back. It costs no waiting, and what this
 *   process wrote is seen, since its writes were acknowledged by the majority first.
 * - `retryWrites` is on. The driver asks the server: where there are no sessions (a single server, the stand-in of the tests) it
 *   simply does not retry. The same goes for implicit sessions.
 * - Time limits: the driver's `timeoutMS` has no effect as of 7.9, so each stage has its own limit (`socketTimeoutMS` and so on), the
 *   server gets `maxTimeMS` and `wtimeout`, and `run` bounds the sum. What is given up may still be carried out by the
 *   server; `append.ts` says why that does no harm.
 */
import { unavailable } from '@parley/core';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { storeName, toStoreError } from './errors.ts';

export interface MongoOptions {
  /** A connection string; the database is the one its path names, `parley` where it names none. */
  url: string;
  /** Connections at most. */
  poolSize: number;
  /** Milliseconds that any call takes at most; 2500 unless said otherwise. */
  timeoutMs?: number;
}

const defaultDatabase = 'parley';
const defaultTimeoutMs = 2_500;

/** The database that a connection string names; the driver itself would take `test` where there is none. */
function databaseOf(url: string): string {
  const path = /^mongodb(?:\+srv)?:\/\/[^/?]*\/([^?]+)/.exec(url)?.[1];
  return path === undefined ? defaultDatabase : decodeURIComponent(path);
}

export class MongoConnection {
  readonly timeoutMs: number;
  readonly #client: MongoClient;
  readonly #database: string;
  #connected = false;
  #closed = false;
  readonly #lastWork: (() => Promise<unknown>)[] = [];

  /** Connects with the first call, not before. Throws for a connection string that is none. */
  constructor(options: MongoOptions) {
    const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.timeoutMs = timeoutMs;
    this.#database = databaseOf(options.url);
    this.#client = new MongoClient(options.url, {
      appName: 'parley',
      maxPoolSize: options.poolSize,
      connectTimeoutMS: timeoutMs,
      serverSelectionTimeoutMS: timeoutMs,
      socketTimeoutMS: timeoutMs,
      waitQueueTimeoutMS: timeoutMs,
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: timeoutMs },
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      retryWrites: true,
      retryReads: true,
      // As in JSON: what is not there is not stored, rather than stored as null.
      ignoreUndefined: true,
    });
  }

  collection<T extends Document>(name: string): Collection<T> {
    return this.#client.db(this.#database).collection<T>(name);
  }

  /** The time, on the clock of `performance.now()`, by which a call that starts now must be over. */
  deadline(): number {
    return performance.now() + this.timeoutMs;
  }

  /** Milliseconds left, for `maxTimeMS`; at least 1, for 0 would mean no limit. */
  left(deadline: number): number {
    return Math.max(1, Math.ceil(deadline - performance.now()));
  }

  /** Does something with the store. Errors: AppError `SERVICE_UNAVAILABLE`, or what MongoDB refused with. */
  async run<T>(work: () => Promise<T>, deadline = this.deadline()): Promise<T> {
    return this.#within(this.#connected ? work() : this.#connect().then(work), deadline);
  }

  async #within<T>(work: Promise<T>, deadline: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(unavailable(storeName, new Error(`MongoDB did not answer within ${this.timeoutMs} ms`))),
        this.left(deadline),
      );
    });
    try {
      return await Promise.race([work, late]);
    } catch (error) {
      throw toStoreError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A client that could not connect stays closed until it is told to connect again; once it did, it recovers by itself. */
  async #connect(): Promise<void> {
    if (this.#closed) throw unavailable(storeName, new Error('the connection to MongoDB was closed'));
    await this.#client.connect();
    this.#connected = true;
  }

  /** Resolves when the primary answers. Errors: `SERVICE_UNAVAILABLE`. */
  async ping(): Promise<void> {
    await this.run(() => this.#client.db(this.#database).command({ ping: 1 }));
  }

  /** What is to be done before the connections end, if there is time; its errors are nobody's. */
  beforeClose(work: () => Promise<unknown>): void {
    this.#lastWork.push(work);
  }

  /** Ends all connections; waits no longer than any call does. What is called later is refused as unavailable. */
  async close(): Promise<void> {
    // A server that does not answer must not hold up a shutdown, neither then nor at the good-bye.
    const deadline = this.deadline();
    if (this.#connected) {
      const lastWork = Promise.allSettled(this.#lastWork.map((work) => work()));
      await this.#within(lastWork, deadline).catch(() => undefined);
    }
    this.#closed = true;
    this.#connected = false;
    await this.#within(this.#client.close(), deadline).catch(() => undefined);
  }
}
