import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB } from 'idb';
import { quiet } from '../lib/deferred.ts';
import { prefixEnd } from './sorted.ts';
import type { Database, ListOptions, RecordChange, Records, RecordValue } from './types.ts';

/** Settings of `indexedDbDatabase`. */
export interface IndexedDbOptions {
  /** What the browser calls it: one for each program of the origin; `parley` by default. */
  readonly name?: string | undefined;
}

/** All accounts in one object store, by account and key. */
interface Schema extends DBSchema {
  records: { key: [account: string, key: string]; value: RecordValue };
}

const store = 'records';

/**
 * Keeps records in the browser's IndexedDB, shared by all tabs of the origin and over restarts of the browser. Whoever uses the device's
 * account can read them, and any script of the origin. The browser may delete them where space is short, unless
 * `navigator.storage.persist()` was granted.
 */
export function indexedDbDatabase({ name = 'parley' }: IndexedDbOptions = {}): Database {
  const connection = new Connection(name);
  return {
    async open(account) {
      connection.users++;
      const records = new IndexedDbRecords(connection, account);
      try {
        await connection.get();
      } catch (error) {
        await records.close();
        throw error;
      }
      return records;
    },
  };
}

/** The connection that all accounts share; made when it is needed, and again after the browser ended it. */
class Connection {
  /** How many records are open. */
  users = 0;
  /** The one that is open, if there is one. */
  now: IDBPDatabase<Schema> | null = null;
  readonly #name: string;
  #db: Promise<IDBPDatabase<Schema>> | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  get(): Promise<IDBPDatabase<Schema>> {
    if (this.#db) return this.#db;
    const opened = openDB<Schema>(this.#name, 1, {
      upgrade: (db) => void db.createObjectStore(store),
      // Somebody deletes it, or a newer version of the program wants to change it.
      blocking: () => void this.close(),
      terminated: () => forget(),
    });
    const forget = () => {
      if (this.#db !== opened) return;
      this.#db = null;
      this.now = null;
    };
    opened.then((db) => {
      if (this.#db === opened) this.now = db;
    }, forget);
    this.#db = opened;
    return opened;
  }

  /** The browser ends it when all that was begun is done. */
  async close(): Promise<void> {
    const db = this.#db;
    this.#db = null;
    this.now = null;
    (await db?.catch(() => null))?.close();
  }
}

class IndexedDbRecords implements Records {
  readonly shared = true;
  readonly #connection: Connection;
  readonly #account: string;
  #closed = false;
  /** Settles after all that was begun. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, account: string) {
    this.#connection = connection;
    this.#account = account;
  }

  get(key: string): Promise<RecordValue | null> {
    return this.#with(async (db) => (await db.get(store, [this.#account, key])) ?? null);
  }

  list(prefix: string, { limit, reverse, before }: ListOptions = {}): Promise<[string, RecordValue][]> {
    const range = this.#range(prefix, before);
    return this.#with(async (db) => {
      if (!range || limit === 0) return [];
      if (reverse) return this.#backwards(db, range, limit);
      const { store: records } = db.transaction(store);
      const [keys, values] = await Promise.all([
        records.getAllKeys(range, limit),
        records.getAll(range, limit),
      ]);
      return keys.map(([, key], at) => [key, values[at]]);
    });
  }

  write(changes: readonly RecordChange[]): Promise<void> {
    return this.#change((records) =>
      changes.map(({ key, value }) => {
        const id: [string, string] = [this.#account, key];
        return quiet<unknown>(value === undefined ? records.delete(id) : records.put(value, id));
      }),
    );
  }

  clear(): Promise<void> {
    const all = IDBKeyRange.bound([this.#account], [this.#account, []]);
    return this.#change((records) => quiet(records.delete(all)));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    this.#connection.users--;
    if (this.#connection.users === 0) await this.#connection.close();
  }

  /** Null where it is empty. */
  #range(prefix: string, before: string | undefined): IDBKeyRange | null {
    const account = this.#account;
    const ends = [prefixEnd(prefix), before].filter((end) => typeof end === 'string').sort();
    if (ends[0] !== undefined && ends[0] <= prefix) return null;
    // A list is greater than any text.
    return IDBKeyRange.bound([account, prefix], [account, ends[0] ?? []], false, true);
  }

  async #backwards(
    db: IDBPDatabase<Schema>,
    range: IDBKeyRange,
    limit = Number.POSITIVE_INFINITY,
  ): Promise<[string, RecordValue][]> {
    const found: [string, RecordValue][] = [];
    let cursor = await db.transaction(store).store.openCursor(range, 'prev');
    while (cursor && found.push([cursor.key[1], cursor.value]) < limit) cursor = await cursor.continue();
    return found;
  }

  #change(change: (records: Changed) => unknown): Promise<void> {
    return this.#with(async (db) => {
      const transaction = db.transaction(store, 'readwrite');
      try {
        change(transaction.store);
      } catch (error) {
        // What cannot be copied takes the others with it.
        quiet(transaction.done);
        transaction.abort();
        throw error;
      }
      // At once, and not when the requests were answered: a page that is being closed hears no answers.
      transaction.commit();
      await transaction.done;
    });
  }

  /** Transactions begin in the order of the calls, and the browser keeps it. */
  #with<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    const done = this.#begin(work);
    const before = this.#last;
    this.#last = quiet(done)
      .catch(() => {})
      .then(() => before);
    return done;
  }

  async #begin<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('The records are closed');
    // At once, where it can be: a value is copied when it is given.
    const db = this.#connection.now ?? (await this.#connection.get());
    try {
      return await work(db);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
      // The browser has ended the connection (Safari does, after a while in the background).
      await this.#connection.close();
      return work(await this.#connection.get());
    }
  }
}

type Changed = IDBPObjectStore<Schema, ['records'], 'records', 'readwrite'>;
