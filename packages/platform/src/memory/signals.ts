/** Signals between the programs of a single process. */
import type { Log, Signal, Signals } from '@parley/core';

export class MemorySignals implements Signals {
  readonly #handlers = new Set<(signal: Signal) => void>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  send(signal: Signal): void {
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
