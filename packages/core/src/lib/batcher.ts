import { isUnavailable } from '../error.ts';

/**
 * Group commit: one batch is in flight at a time, and whatever gathers meanwhile goes into the next one. There are no
 * timers, so a lone item waits for nothing, and under load the cost of a round trip or a commit is shared by many.
 */
export interface BatcherOptions<I, O> {
  /** Handles a batch; resolves to one result per item, in order. An `Error` as a result rejects only that item. */
  run(items: I[]): Promise<(O | Error)[]>;
  /** Items in one batch at most; a larger group has one of its own. */
  maxSize: number;
  /**
   * Says whether a failed batch may have been one item's fault; its items are then tried alone, those of a group together, so that
   * a bad one cannot fail its neighbours. Otherwise the store itself is away: the failure reaches every item of the batch, and those
   * that wait for the next one too, for they have waited long enough.
   */
  isolate(error: unknown): boolean;
}

/** Items that are handled in one batch or not at all; mostly just one. */
interface Group<I, O> {
  items: I[];
  resolve(values: O[]): void;
  reject(reason: unknown): void;
}

export class Batcher<I, O> {
  readonly #options: BatcherOptions<I, O>;
  #waiting: Group<I, O>[] = [];
  #running = false;
  #idle: (() => void)[] = [];

  constructor(options: BatcherOptions<I, O>) {
    this.#options = options;
  }

  /** Adds an item; resolves when the batch it went into is done. */
  add(item: I): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      this.#join({ items: [item], resolve: (values) => resolve(values[0] as O), reject });
    });
  }

  /** Adds items that belong together: they share a batch, and where one of them fails, all of them do. */
  addAll(items: readonly I[]): Promise<O[]> {
    if (items.length === 0) return Promise.resolve([]);
    return new Promise<O[]>((resolve, reject) => this.#join({ items: [...items], resolve, reject }));
  }

  /** Items that wait or are being handled. */
  get busy(): boolean {
    return this.#running;
  }

  /** Resolves when nothing waits and nothing is in flight. */
  settled(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  #join(group: Group<I, O>): void {
    this.#waiting.push(group);
    if (this.#running) return;
    this.#running = true;
    // Everything that this turn of the event loop still adds shares the first batch.
    queueMicrotask(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#handle(this.#take());
    this.#running = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** The groups of the next batch. */
  #take(): Group<I, O>[] {
    let items = 0;
    const end = this.#waiting.findIndex((group, index) => {
      items += group.items.length;
      return index > 0 && items > this.#options.maxSize;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #handle(batch: Group<I, O>[]): Promise<void> {
    let results: (O | Error)[];
    try {
      results = await this.#options.run(batch.flatMap((group) => group.items));
    } catch (error) {
      if (!this.#options.isolate(error)) {
        for (const group of [...batch, ...this.#waiting.splice(0)]) group.reject(error);
      } else if (batch.length > 1) {
        for (const group of batch) await this.#handle([group]);
      } else {
        batch[0]?.reject(error);
      }
      return;
    }
    let from = 0;
    for (const group of batch) {
      const own = results.slice(from, from + group.items.length);
      from += group.items.length;
      const failed = own.find((result) => result instanceof Error);
      if (failed) group.reject(failed);
      else group.resolve(own as O[]);
    }
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
