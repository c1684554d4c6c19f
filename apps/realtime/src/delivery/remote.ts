/**
 * Packets on their way to other instances. What cannot be handed over waits here and is tried again, while the event that it came
 * from goes on: neither people on this instance nor other chats wait for an instance that died or for an engine that is away
 * (HLD 13.3). Dying with packets that wait loses hints, not messages: whoever missed one sees it by its number, and syncs
 * (design rule 4).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type FanOut, isUnavailable, type Log, type Packet } from '@parley/core';
import { isInstanceAway, within } from '@parley/platform';

/** Packets that wait at most; beyond that the oldest are given up. */
const maxWaiting = 20_000;
/** Milliseconds between attempts. */
const retryMs = 250;
/** Packets of one attempt. */
const batch = 500;
/** Milliseconds that an event waits for its packet: far more than it takes, and little for those behind it. */
const patienceMs = 100;

export class Remote {
  readonly #fanOut: Pick<FanOut, 'send'>;
  readonly #log: Log;
  /** In the order in which they were to be sent. */
  #waiting: Packet[] = [];
  /** Nobody can be reached, or could be until what waits is sent. */
  #outage = false;
  #givenUp = 0;
  #retrying = false;
  #stopped = false;

  constructor(fanOut: Pick<FanOut, 'send'>, log: Log) {
    this.#fanOut = fanOut;
    this.#log = log;
  }

  /** Resolves when the packet is handed over, or waits to be; one without an id is worth nothing later and does not wait. */
  async send(packet: Packet): Promise<void> {
    // While nobody can be reached nothing is gained by asking for each packet, and afterwards none overtakes those that waited.
    if (this.#outage) this.#wait(packet);
    else await within(this.#try(packet), patienceMs);
  }

  /** Gives up what waits. */
  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
  }

  /** Says whether the packet needs no more care. Never rejects. */
  async #try(packet: Packet): Promise<boolean> {
    try {
      await this.#fanOut.send(packet);
      return true;
    } catch (error) {
      // What is refused for another reason would be refused for ever.
      if (!isUnavailable(error)) {
        this.#log.error({ err: error }, 'a packet could not be sent');
        return true;
      }
      this.#wait(packet);
      this.#outage = this.#retrying && !isInstanceAway(error);
      return false;
    }
  }

  #wait(packet: Packet): void {
    if (this.#stopped || packet.id === null) return;
    if (this.#waiting.length >= maxWaiting) {
      this.#waiting.shift();
      this.#givenUp++;
    }
    this.#waiting.push(packet);
    if (!this.#retrying) void this.#retry();
  }

  /** Runs while anything waits. Repeats do no harm: receivers know what they had. */
  async #retry(): Promise<void> {
    this.#retrying = true;
    this.#log.warn({}, 'another instance cannot be reached: what is for it waits');
    while (this.#waiting.length > 0) {
      await pause(retryMs, undefined, { ref: false });
      let reached = true;
      for (let left = this.#waiting.length; left > 0 && reached; left -= batch) {
        // Those that fail again go back behind the others that waited before them, in their order.
        const packets = this.#waiting.splice(0, Math.min(batch, left));
        const sent = await Promise.all(packets.map((packet) => this.#try(packet)));
        reached = sent.some(Boolean);
      }
    }
    this.#retrying = false;
    this.#outage = false;
    if (!this.#stopped) this.#log.warn({ given_up: this.#givenUp }, 'other instances can be reached again');
    this.#givenUp = 0;
  }
}
