/** Callbacks that hear of one thing. One that throws does not keep the others from hearing. */
export class Listeners<T> {
  #callbacks = new Set<(value: T) => void>();

  /**
   * Returns what takes the callback away. The same callback may be added twice and is then called twice. `first`: it hears before all that
   * are there.
   */
  add(callback: (value: T) => void, first = false): () => void {
    const own = (value: T) => callback(value);
    if (first) this.#callbacks = new Set([own, ...this.#callbacks]);
    else this.#callbacks.add(own);
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
