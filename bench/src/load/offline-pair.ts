import { randomUUID } from 'node:crypto';

import type { Connection } from './connection.ts';
import type { Meter } from './meter.ts';
import { BODY } from './pair.ts';
import type { Incoming } from './wire.ts';

/** A message on its way. It ends when both the answer and the push have come. */
interface Flight {
  at: number;
  /** Sent in the measured period. */
  measured: boolean;
}

export interface OfflinePairOptions {
  chatId: string;
  sender: Connection;
  meter: Meter;
  onDone: (pair: OfflinePair) => void;
}

/** One sender, and a recipient who is away and has one device: every accepted message is pushed to it once. */
export class OfflinePair {
  readonly #options: OfflinePairOptions;
  readonly #frame: (clientMsgId: string) => string;
  /** Not answered yet, by the sender's id. */
  readonly #unanswered = new Map<string, Flight>();
  /** Answered and not pushed yet, by the message's id. */
  readonly #unpushed = new Map<string, Flight>();
  /** A push may be seen before the answer: by the message's id, when. */
  readonly #early = new Map<string, number>();
  readonly #pushed = new Set<string>();

  constructor(options: OfflinePairOptions) {
    this.#options = options;
    const { sender, chatId, meter } = options;
    this.#frame = sender.wire.message(chatId, BODY);
    sender.onIncoming = (incoming) => this.#onSender(incoming);
    sender.onClose = (reason) => meter.violation(`a sender's connection ended: ${reason}`);
  }

  get inFlight(): number {
    return this.#unanswered.size + this.#unpushed.size;
  }

  send(): void {
    const id = randomUUID();
    const { sender, meter } = this.#options;
    this.#unanswered.set(id, { at: performance.now(), measured: meter.measuring });
    sender.send(this.#frame(id));
  }

  /** A push for this message was seen at `now`. */
  onPush(messageId: string, now: number): void {
    const { meter } = this.#options;
    if (this.#pushed.has(messageId)) {
      meter.violation(`message ${messageId} was pushed twice`);
      return;
    }
    this.#pushed.add(messageId);
    const flight = this.#unpushed.get(messageId);
    if (!flight) this.#early.set(messageId, now);
    else this.#finish(messageId, flight, now);
  }

  /** After everything had time to arrive: whatever is still in flight is lost. */
  checkEmpty(): void {
    const { meter } = this.#options;
    for (const id of this.#unanswered.keys()) meter.violation(`message ${id} was never answered`);
    for (const id of this.#unpushed.keys()) meter.violation(`message ${id} was accepted and never pushed`);
    for (const id of this.#early.keys()) meter.violation(`a push of message ${id}, which nobody sent`);
  }

  #onSender(incoming: Incoming): void {
    const { meter } = this.#options;
    if (incoming.kind === 'error') {
      meter.violation(`refused: ${incoming.reason}`);
      this.#unanswered.delete(incoming.clientMsgId);
    }
    if (incoming.kind !== 'sent') return;
    const now = performance.now();
    const { clientMsgId, messageId } = incoming;
    const flight = this.#unanswered.get(clientMsgId);
    if (!flight) {
      meter.violation(`answered twice, or never sent: ${clientMsgId}`);
      return;
    }
    this.#unanswered.delete(clientMsgId);
    meter.countAccepted();
    if (flight.measured) meter.acceptance.recordMs(now - flight.at);
    const early = this.#early.get(messageId);
    this.#early.delete(messageId);
    if (early === undefined) this.#unpushed.set(messageId, flight);
    else this.#finish(messageId, flight, early);
  }

  #finish(messageId: string, flight: Flight, at: number): void {
    const { meter, onDone } = this.#options;
    this.#unpushed.delete(messageId);
    meter.countDelivered(performance.now(), false);
    if (flight.measured) meter.delivery.recordMs(at - flight.at);
    onDone(this);
  }
}
