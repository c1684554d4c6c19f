/**
 * Keeps what was synced in the client's database. Each write has, in one step, the numbers and all that they stand for: after a crash at
 * any moment there is an older state, from which sync goes on.
 *
 * One tab writes: the one that holds the Web Lock `parley:<account>`; the others read when they start. A tab that comes to hold it later
 * syncs before it writes, so that no record ever goes back. Where there are no Web Locks (pages served over plain HTTP) every tab writes; then records of one
 * may be followed by older ones of another, which its next sync mends. What no server knows (drafts) each tab writes itself.
 */
import type { Database, Records, RecordValue } from '../database/types.ts';
import type { DebugLog } from '../lib/debug.ts';
import { deferred, quiet } from '../lib/deferred.ts';

/** What is kept under each key. Values are compared by reference. */
export type Kept = Map<string, RecordValue>;

/** Whose state is kept. */
export interface Keeping<K> {
  /** Takes what was read. */
  read(records: ReadonlyMap<string, RecordValue>): void;
  /** Takes something that some tab has `put`. */
  found(key: string, value: RecordValue): void;
  /** Resolves when what is held is as new as anything that may have been written. */
  renew(): Promise<unknown>;
  /** All that there is to keep, in parts that change each by itself. */
  parts(): Iterable<K>;
  /** The records of a part. */
  recordsOf(part: K): Kept;
}

export interface KeeperParts {
  readonly database: Database;
  readonly writeMs: number;
  readonly debug: DebugLog;
  readonly locks: LockManager | undefined;
}

/** The beginnings of the keys of what is synced, and of what every tab writes. */
export const prefixes = ['sync/', 'chat/', 'message/'];
const loosePrefix = 'draft/';

export class Keeper<K> {
  /** Resolves when what was kept is read; never rejects. */
  readonly ready: Promise<void>;
  /** The records, also for others who keep something of this account; null where the device refuses them. */
  readonly records: Promise<Records | null>;
  readonly #parts: KeeperParts;
  readonly #keeping: Keeping<K>;
  readonly #end = deferred<void>();
  /** What the database has, by part. */
  readonly #kept = new Map<K, Kept>();
  readonly #dirty = new Set<K>();
  #writes = false;
  #ended = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  /** Records that belong to no part that is held. */
  #stray = new Set<string>();
  /** Those to be written that belong to no part at all; and all that were ever put here. */
  #loose = new Map<string, RecordValue>();
  readonly #put = new Set<string>();

  constructor(parts: KeeperParts, keeping: Keeping<K>, account: string) {
    this.#parts = parts;
    this.#keeping = keeping;
    this.records = parts.database.open(account).catch((error) => this.#failed(error));
    this.ready = this.#begin(`parley:${account}`);
  }

  /** Something of a part changed. */
  touch(part: K): void {
    this.#dirty.add(part);
    if (this.#writes) this.#soon();
  }

  /** Writes what this tab alone knows; `undefined` removes it. */
  put(key: string, value: RecordValue): void {
    this.#put.add(key);
    this.#loose.set(loosePrefix + key, value);
    this.#soon();
  }

  /** Writes what is to be written; never rejects. */
  flush(): Promise<unknown> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Writes the rest and lets go. Never rejects. */
  async close(): Promise<void> {
    if (this.#ended) return;
    await this.flush();
    this.#ended = true;
    this.#end.resolve();
    const records = await this.records;
    await records?.close().catch((error) => this.#failed(error));
  }

  /** Removes all records of the account and lets go. Never rejects. */
  async clear(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    const records = await this.records;
    await this.#writing;
    try {
      await records?.clear();
      await records?.close();
    } catch (error) {
      this.#failed(error);
    }
    this.#end.resolve();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => void this.flush(), this.#parts.writeMs);
  }

  async #begin(lock: string): Promise<void> {
    const { locks } = this.#parts;
    if (!locks) return this.#lead(true);
    const first = deferred<void>();
    const hold = async (held: Lock | null) => {
      if (held) await this.#lead(true);
      else await this.#read(true);
      first.resolve();
      if (held) await this.#end.promise;
      else quiet(locks.request(lock, () => this.#follow()));
    };
    locks.request(lock, { ifAvailable: true }, hold).catch((error) => {
      this.#failed(error);
      first.resolve();
    });
    return first.promise;
  }

  /** The tab that wrote is gone. */
  async #follow(): Promise<void> {
    if (this.#ended) return;
    await Promise.race([this.#keeping.renew(), this.#end.promise]);
    await this.#lead(false);
    await this.#end.promise;
  }

  /** From now on this one writes. */
  async #lead(first: boolean): Promise<void> {
    const read = await this.#read(first);
    if (!read || this.#ended) return;
    this.#writes = true;
    const stray = new Set(read.keys());
    for (const part of this.#keeping.parts()) {
      const has: Kept = new Map();
      for (const [key, value] of this.#keeping.recordsOf(part)) {
        stray.delete(key);
        // What was taken from the database as it is need not be written again.
        if (read.get(key) === value) has.set(key, value);
      }
      this.#kept.set(part, has);
      this.touch(part);
    }
    this.#stray = stray;
  }

  async #read(take: boolean): Promise<Map<string, RecordValue> | null> {
    const records = await this.records;
    if (!records) return null;
    try {
      const [loose, ...lists] = await Promise.all(
        [loosePrefix, ...prefixes].map((prefix) => records.list(prefix)),
      );
      const read = new Map(lists.flat());
      if (!take || this.#ended) return read;
      this.#keeping.read(read);
      for (const [record, value] of loose ?? []) {
        const key = record.slice(loosePrefix.length);
        // What was put while this was being read is newer.
        if (!this.#put.has(key)) this.#keeping.found(key, value);
      }
      return read;
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  async #write(): Promise<void> {
    const due = this.#writes && (this.#dirty.size > 0 || this.#stray.size > 0);
    if (this.#ended || (!due && this.#loose.size === 0)) return;
    const records = await this.records;
    const loose = this.#loose;
    this.#loose = new Map();
    const dirty = this.#writes ? [...this.#dirty] : [];
    const next = new Map(dirty.map((part) => [part, this.#keeping.recordsOf(part)]));
    const stray = this.#stray;
    this.#stray = new Set();
    for (const part of dirty) this.#dirty.delete(part);
    const changes = [...loose].map(([key, value]) => ({ key, value }));
    for (const key of stray) changes.push({ key, value: undefined });
    for (const [part, kept] of next) {
      const before = this.#kept.get(part);
      for (const [key, value] of kept) if (before?.get(key) !== value) changes.push({ key, value });
      for (const key of before?.keys() ?? []) if (!kept.has(key)) changes.push({ key, value: undefined });
    }
    if (changes.length === 0) return;
    try {
      await records?.write(changes);
      for (const [part, kept] of next) this.#kept.set(part, kept);
    } catch (error) {
      this.#failed(error);
      // The next write has it, too.
      for (const part of next.keys()) this.#dirty.add(part);
      for (const key of stray) this.#stray.add(key);
      this.#loose = new Map([...loose, ...this.#loose]);
    }
  }

  #failed(error: unknown): null {
    const name = error instanceof Error ? error.name : typeof error;
    this.#parts.debug('the database refuses', { error: name });
    return null;
  }
}
