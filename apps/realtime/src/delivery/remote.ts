/**
 * Packets on their way to other instances. While the engine that carries them is away they wait here, in their order, and the
 * event that they came from goes on: people on this instance get everything meanwhile (HLD 13.3). Dying with packets that wait
 * loses hints, not messages: whoever missed one sees it by its number, and syncs (design rule 4).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type FanOut, isUnavailable, type Log, type Packet } from '@parley/core';

/** Packets that wait at most; beyond that the oldest are given up. */
const maxWaiting = 20_000;
/** Milliseconds between attempts. */
const retryMs = 250;
/** Packets of one attempt. */
const batch = 200;

export class Remote {
  readonly #fanOut: Pick<FanOut, 'send'>;
  readonly #log: Log;
  #waiting: Packet[] = [];
  #givenUp = 0;
  #stopped = false;

  constructor(fanOut: Pick<FanOut, 'send'>, log: Log) {
    this.#fanOut = fanOut;
    this.#log = log;
  }

  /**
   * Resolves when the packet is handed over, or waits for the engine; one without an id is worth nothing later and does not
   * wait. Errors: what is not the engine's being away.
   */
  async send(packet: Packet): Promise<void> {
    if (this.#waiting.length > 0) {
      this.#wait(packet);
      return;
    }
    try {
      await this.#fanOut.send(packet);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      this.#wait(packet);
    }
  }

  /** Gives up what waits. */
  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
  }

  #wait(packet: Packet): void {
    if (this.#stopped || packet.id === null) return;
    if (this.#waiting.length >= maxWaiting) {
      this.#waiting.shift();
      this.#givenUp++;
    }
    if (this.#waiting.push(packet) === 1) void this.#retry();
  }

  /** Runs while anything waits. */
  async #retry(): Promise<void> {
    this.#log.warn({}, 'other instances cannot be reached: what is for them waits');
    while (this.#waiting.length > 0) {
      await pause(retryMs, undefined, { ref: false });
      while (await this.#next());
    }
    if (!this.#stopped) this.#log.warn({ given_up: this.#givenUp }, 'other instances can be reached again');
    this.#givenUp = 0;
  }

  /** Sends the oldest that wait; says whether to go on at once. Repeats do no harm: receivers know what they had. */
  async #next(): Promise<boolean> {
    const packets = this.#waiting.slice(0, batch);
    const results = await Promise.allSettled(packets.map((packet) => this.#fanOut.send(packet)));
    const kept = new Set(packets.filter((_, index) => results[index]?.status === 'rejected'));
    const failures = results.filter((result) => result.status === 'rejected');
    // A packet that is refused for another reason would be refused for ever.
    const hopeless = failures.filter((failure) => !isUnavailable(failure.reason));
    if (hopeless.length > 0) this.#log.error({ err: hopeless[0]?.reason }, 'a packet could not be sent');
    for (const [index, packet] of packets.entries()) {
      const result = results[index];
      if (result?.status === 'rejected' && !isUnavailable(result.reason)) kept.delete(packet);
    }
    this.#waiting = this.#waiting.filter((packet, index) => index >= packets.length || kept.has(packet));
    return kept.size === 0 && this.#waiting.length > 0;
  }
}
