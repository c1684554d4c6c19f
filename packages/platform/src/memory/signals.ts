/** Signals between the programs of a single process. */
import type { Log, Signal, Signals } from '@parley/core';

export class MemorySignals implements Signals {
  readonly #handlers = new Set<(signal: Signal) => void>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async send(signal: Signal): Promise<void> {
    this.emit(signal);
  }

  /** Calls the handlers; none of them can keep another from being called. */
  emit(signal: Signal): void {
    for (const handler of this.#handlers) {
      try {
        handler(signal);
      } catch (error) {
        this.#log.error({ err: error, kind: signal.kind }, 'a signal could not be handled');
      }
    }
  }

  subscribe(handler: (signal: Signal) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Nothing is ever missed in one process. */
  onGap(): () => void {
    return () => {};
  }
}
