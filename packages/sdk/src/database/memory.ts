import { SortedMap } from './sorted.ts';
import type { Database, RecordChange, Records, RecordValue } from './types.ts';

/** Keeps records as long as the object lives; clients that are given the same one share it. */
export function memoryDatabase(): Database {
  const accounts = new Map<string, SortedMap<RecordValue>>();
  return {
    async open(account) {
      const values = accounts.get(account) ?? new SortedMap<RecordValue>();
      accounts.set(account, values);
      return new MemoryRecords(values);
    },
  };
}

class MemoryRecords implements Records {
  #values: SortedMap<RecordValue> | null;

  constructor(values: SortedMap<RecordValue>) {
    this.#values = values;
  }

  async get(key: string): Promise<RecordValue | null> {
    return structuredClone(this.#open().get(key) ?? null);
  }

  async list(...args: Parameters<Records['list']>): Promise<[string, RecordValue][]> {
    return structuredClone(this.#open().list(...args));
  }

  async write(changes: readonly RecordChange[]): Promise<void> {
    const values = this.#open();
    // Copied before anything is kept: what cannot be copied changes nothing.
    for (const { key, value } of structuredClone(changes)) {
      if (value === undefined) values.delete(key);
      else values.set(key, value);
    }
  }

  async clear(): Promise<void> {
    this.#open().clear();
  }

  async close(): Promise<void> {
    this.#values = null;
  }

  #open(): SortedMap<RecordValue> {
    if (!this.#values) throw new Error('The records are closed');
    return this.#values;
  }
}
