import { isUnavailable } from '../error.ts';

/**
 * Group commit: one batch is in flight at a time, and whatever gathers meanwhile goes into the next one. There are no
 * timers, so a lone item waits for nothing, and under load the cost of a round trip or a commit is shared by many.
 */
export interface BatcherOptions<I, O> {
  /** Handles a batch; resolves to one result per item, in order. An `Error` as a result rejects only that item. */
  run(items: I[]): Promise<(O | Error)[]>;
  /** Items in one batch at most. */
  maxSize: number;
  /**
   * Says whether a failed batch may have been one item's fault; its items are then tried alone, so that a bad one
   * cannot fail its neighbours. Otherwise the store itself is away: the failure reaches every item of the batch, and those
   * that wait for the next one too, for they have waited long enough.
   */
  isolate(error: unknown): boolean;
}

interface Waiting<I, O> {
  item: I;
  resolve(value: O): void;
  reject(reason: unknown): void;
}

export class Batcher<I, O> {
  readonly #options: BatcherOptions<I, O>;
  #waiting: Waiting<I, O>[] = [];
  #running = false;
  #idle: (() => void)[] = [];

  constructor(options: BatcherOptions<I, O>) {
    this.#options = options;
  }

  /** Adds an item; resolves when the batch it went into is done. */
  add(item: I): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        // Everything that this turn of the event loop still adds shares the first batch.
        queueMicrotask(() => void this.#drain());
      }
    });
  }

  /** Items that wait or are being handled. */
  get busy(): boolean {
    return this.#running;
  }

  /** Resolves when nothing waits and nothing is in flight. */
  settled(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const max = this.#options.maxSize;
      const batch = this.#waiting.length <= max ? this.#waiting : this.#waiting.slice(0, max);
      this.#waiting = this.#waiting.length <= max ? [] : this.#waiting.slice(max);
      await this.#handle(batch);
    }
    this.#running = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  async #handle(batch: Waiting<I, O>[]): Promise<void> {
    let results: (O | Error)[];
    try {
      results = await this.#options.run(batch.map((waiting) => waiting.item));
    } catch (error) {
      if (!this.#options.isolate(error)) {
        for (const waiting of [...batch, ...this.#waiting.splice(0)]) waiting.reject(error);
      } else if (batch.length > 1) {
        for (const waiting of batch) await this.#handle([waiting]);
      } else {
        batch[0]?.reject(error);
      }
      return;
    }
    batch.forEach((waiting, index) => {
      const result = results[index] as O | Error;
      if (result instanceof Error) waiting.reject(result);
      else waiting.resolve(result);
    });
  }
}

/**
 * Reads by key, batched: calls in one turn of the event loop share a query, and equal keys are asked for once. Nothing is
 * remembered beyond the batch, so what it gives is never stale.
 */
export class BatchLoader<K extends string, V> {
  readonly #batcher: Batcher<K, V | undefined>;

  constructor(load: (keys: K[]) => Promise<Map<K, V>>, maxSize = 500) {
    this.#batcher = new Batcher<K, V | undefined>({
      maxSize,
      isolate: (error) => !isUnavailable(error),
      async run(keys) {
        const found = await load([...new Set(keys)]);
        return keys.map((key) => found.get(key));
      },
    });
  }

  load(key: K): Promise<V | undefined> {
    return this.#batcher.add(key);
  }
}
