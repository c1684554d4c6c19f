/** Callbacks that hear of one thing. One that throws does not keep the others from hearing. */
export class Listeners<T> {
  readonly #callbacks = new Set<(value: T) => void>();

  /** Returns what takes the callback away. The same callback may be added twice and is then called twice. */
  add(callback: (value: T) => void): () => void {
    const own = (value: T) => callback(value);
    this.#callbacks.add(own);
    return () => {
      this.#callbacks.delete(own);
    };
  }

  emit(value: T): void {
    for (const callback of [...this.#callbacks]) {
      try {
        callback(value);
      } catch (error) {
        // The listener's own bug: it surfaces as an uncaught error, as with any event emitter.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#callbacks.clear();
  }
}
