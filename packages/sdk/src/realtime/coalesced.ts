import type { ParleyError } from '../errors.ts';
import { type Deferred, deferred, quiet } from '../lib/deferred.ts';

/** Delivers values one at a time; those that come meanwhile are merged into one, and all their callers get its answer. */
export class Coalesced<T, R> {
  readonly #merge: (older: T, newer: T) => T;
  readonly #deliver: (value: T) => Promise<R>;
  #next: { value: T; answer: Deferred<R> } | null = null;
  #running = false;

  constructor(merge: (older: T, newer: T) => T, deliver: (value: T) => Promise<R>) {
    this.#merge = merge;
    this.#deliver = deliver;
  }

  /** The promise may be ignored. */
  add(value: T): Promise<R> {
    if (this.#next) this.#next.value = this.#merge(this.#next.value, value);
    else this.#next = { value, answer: deferred<R>() };
    const { promise } = this.#next.answer;
    if (!this.#running) void this.#run();
    return quiet(promise);
  }

  /** Rejects what has not begun. */
  clear(reason: ParleyError): void {
    this.#next?.answer.reject(reason);
    this.#next = null;
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let now = this.#next; now; now = this.#next) {
      this.#next = null;
      try {
        now.answer.resolve(await this.#deliver(now.value));
      } catch (error) {
        now.answer.reject(error);
      }
    }
    this.#running = false;
  }
}
