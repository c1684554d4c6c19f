import type { Database, ListOptions, RecordChange, Records, RecordValue } from './types.ts';

/** Keeps records as long as the object lives; clients that are given the same one share it. */
export function memoryDatabase(): Database {
  const accounts = new Map<string, Map<string, RecordValue>>();
  return {
    async open(account) {
      const values = accounts.get(account) ?? new Map<string, RecordValue>();
      accounts.set(account, values);
      return new MemoryRecords(values);
    },
  };
}

class MemoryRecords implements Records {
  #values: Map<string, RecordValue> | null;

  constructor(values: Map<string, RecordValue>) {
    this.#values = values;
  }

  async get(key: string): Promise<RecordValue | null> {
    return structuredClone(this.#open().get(key) ?? null);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<[string, RecordValue][]> {
    const { limit, reverse, before } = options;
    const all = [...this.#open()].filter(
      ([key]) => key.startsWith(prefix) && (before === undefined || key < before),
    );
    // No key is there twice.
    all.sort(([one], [other]) => (one < other === Boolean(reverse) ? 1 : -1));
    return structuredClone(all.slice(0, limit));
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

  #open(): Map<string, RecordValue> {
    if (!this.#values) throw new Error('The records are closed');
    return this.#values;
  }
}
