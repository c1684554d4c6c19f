/** Requests that are being answered, so that a stopping program can wait for them. */
import type { ServerResponse } from 'node:http';

export class InFlight {
  readonly #answers = new Set<ServerResponse>();
  readonly #drained: (() => void)[] = [];
  #draining = false;

  add(res: ServerResponse): void {
    this.#answers.add(res);
    if (this.#draining) closeAfter(res);
    res.once('close', () => {
      this.#answers.delete(res);
      if (this.#answers.size === 0) for (const resolve of this.#drained.splice(0)) resolve();
    });
  }

  /** Resolves when nothing is being answered. From now on answers tell the client to close its connection. */
  drain(): Promise<void> {
    this.#draining = true;
    for (const res of this.#answers) closeAfter(res);
    return this.#answers.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#drained.push(resolve));
  }
}

function closeAfter(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('Connection', 'close');
}
