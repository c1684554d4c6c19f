/** The key-value engine of a single process. */
import type { Clock, KeyValue } from '@parley/core';

interface Entry {
  value: string;
  expiresAt: number;
}

export class MemoryKeyValue implements KeyValue {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #writes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async get(key: string): Promise<string | null> {
    return this.#live(key)?.value ?? null;
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    this.#entries.set(key, { value, expiresAt: this.#clock.now() + ttlSeconds * 1000 });
    // Keys that are never read again must not pile up.
    if (++this.#writes % 1024 === 0) this.#sweep();
  }

  async delete(key: string): Promise<boolean> {
    const had = this.#live(key) !== undefined;
    this.#entries.delete(key);
    return had;
  }

  async deleteIfEquals(key: string, value: string): Promise<boolean> {
    return this.#live(key)?.value === value ? this.#entries.delete(key) : false;
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry && entry.expiresAt <= this.#clock.now()) {
      this.#entries.delete(key);
      return undefined;
    }
    return entry;
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const [key, entry] of this.#entries) if (entry.expiresAt <= now) this.#entries.delete(key);
  }
}
