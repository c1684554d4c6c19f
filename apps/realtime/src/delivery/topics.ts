/** The topics that this instance holds: users who are connected here, and users whose presence is watched here. */
import type { FanOut, Log } from '@parley/core';

/** The topic of those who watch a user's presence; a user's own topic is the user's id. */
export const watchTopic = (userId: string): string => `watch:${userId}`;

/** From a checked token to a session it takes one turn of the event loop; a connection that goes away in between ends here. */
const prepareMs = 10_000;

export class Topics {
  readonly #fanOut: FanOut;
  readonly #log: Log;
  readonly #holders = new Map<string, number>();

  constructor(fanOut: FanOut, log: Log) {
    this.#fanOut = fanOut;
    this.#log = log;
  }

  /**
   * Holds a topic until `drop` was called as often. Once it resolves, whatever is sent from then on comes here; while the
   * engine is away it resolves too, and the topic is told when that is back.
   */
  async hold(topic: string): Promise<void> {
    this.#holders.set(topic, (this.#holders.get(topic) ?? 0) + 1);
    await this.joined(topic);
  }

  /** Resolves when a topic that is held has been told. */
  async joined(topic: string): Promise<void> {
    if (this.#fanOut.solitary) return;
    await this.#fanOut.join(topic).catch((error) => this.#complain(error));
  }

  /** Holds the topic of somebody who is about to connect, for long enough that the session holds it by then. */
  async prepare(topic: string): Promise<void> {
    if (this.#fanOut.solitary) return;
    setTimeout(() => this.drop(topic), prepareMs).unref();
    await this.hold(topic);
  }

  drop(topic: string): void {
    const holders = (this.#holders.get(topic) ?? 0) - 1;
    if (holders > 0) {
      this.#holders.set(topic, holders);
      return;
    }
    this.#holders.delete(topic);
    if (!this.#fanOut.solitary) this.#fanOut.leave(topic).catch((error) => this.#complain(error));
  }

  #complain(error: unknown): void {
    this.#log.debug({ err: error }, 'other instances could not be told who is here');
  }
}
