import { randomUUID } from 'node:crypto';

import type { Connection } from './connection.ts';
import type { Meter } from './meter.ts';
import type { Receipts } from './receipts.ts';
import type { Incoming } from './wire.ts';

/** A chat line of ordinary length. */
export const BODY = 'See you at the station at ten past eight, bring the tickets :-)';

/** A message on its way. It ends when both the answer to the sender and the delivery have come. */
interface Flight {
  at: number;
  /** Sent in the measured period. */
  measured: boolean;
  accepted: boolean;
  delivered: boolean;
  messageId: string;
  seq: number;
}

export interface PairOptions {
  chatId: string;
  sender: Connection;
  recipient: Connection;
  meter: Meter;
  receipts: Receipts | null;
  ordered: boolean;
  /** A message of this pair has been both accepted and delivered. */
  onDone: (pair: Pair) => void;
}

/**
 * One sender, one recipient and what they have in flight. Checks what the contract promises: every accepted message
 * reaches the recipient once, with the ids and the number that the sender was told, in the order of its numbers.
 */
export class Pair {
  readonly #options: PairOptions;
  readonly #frame: (clientMsgId: string) => string;
  readonly #flights = new Map<string, Flight>();
  #lastSeq = -1;

  constructor(options: PairOptions) {
    this.#options = options;
    const { sender, recipient, chatId, meter } = options;
    this.#frame = sender.wire.message(chatId, BODY);
    sender.onIncoming = (incoming) => this.#onSender(incoming);
    recipient.onIncoming = (incoming) => this.#onRecipient(incoming);
    sender.onClose = (reason) => meter.violation(`a sender's connection ended: ${reason}`);
    recipient.onClose = (reason) => meter.violation(`a recipient's connection ended: ${reason}`);
  }

  get inFlight(): number {
    return this.#flights.size;
  }

  /** Sends the next message; its latency counts from `at`, which in an open loop is when it should have been sent. */
  send(at: number): void {
    const id = randomUUID();
    const { sender, meter } = this.#options;
    const flight = {
      at,
      measured: meter.measuring,
      accepted: false,
      delivered: false,
      messageId: '',
      seq: -1,
    };
    this.#flights.set(id, flight);
    sender.send(this.#frame(id));
  }

  /** After everything had time to arrive: whatever is still in flight is lost. */
  checkEmpty(): void {
    const { meter, chatId } = this.#options;
    for (const [id, flight] of this.#flights) {
      const what = flight.accepted
        ? 'was accepted and never delivered'
        : flight.delivered
          ? 'was delivered and never answered'
          : 'was never answered';
      meter.violation(`message ${id} of chat ${chatId} ${what}`);
    }
  }

  #onSender(incoming: Incoming): void {
    const { meter } = this.#options;
    if (incoming.kind === 'sent') {
      const now = performance.now();
      const flight = this.#flights.get(incoming.clientMsgId);
      if (!flight || flight.accepted) {
        meter.violation(`answered twice, or never sent: ${incoming.clientMsgId}`);
        return;
      }
      flight.accepted = true;
      this.#checkSame(flight, incoming);
      meter.countAccepted();
      if (flight.measured) meter.acceptance.recordMs(now - flight.at);
      if (flight.delivered) this.#finish(incoming.clientMsgId);
    } else if (incoming.kind === 'status') {
      meter.countStatus();
    } else if (incoming.kind === 'error') {
      meter.violation(`refused: ${incoming.reason}`);
      this.#flights.delete(incoming.clientMsgId);
    } else if (incoming.kind === 'new') {
      meter.violation(`a message came back to the connection that sent it: ${incoming.clientMsgId}`);
    }
  }

  #onRecipient(incoming: Incoming): void {
    const { meter, receipts, sender, recipient } = this.#options;
    if (incoming.kind === 'error') meter.violation(`the recipient got an error: ${incoming.reason}`);
    if (incoming.kind !== 'new') return;
    const now = performance.now();
    const flight = this.#flights.get(incoming.clientMsgId);
    if (!flight || flight.delivered) {
      meter.violation(`delivered twice, or never sent: ${incoming.clientMsgId} of chat ${incoming.chatId}`);
      return;
    }
    flight.delivered = true;
    this.#checkSame(flight, incoming);
    this.#checkOrder(incoming.seq);
    meter.countDelivered(now, sender.base !== recipient.base);
    if (flight.measured) meter.delivery.recordMs(now - flight.at);
    receipts?.delivered(incoming.messageId);
    if (flight.accepted) this.#finish(incoming.clientMsgId);
  }

  #checkOrder(seq: number): void {
    const { meter, chatId, ordered } = this.#options;
    if (!ordered) {
      if (seq < this.#lastSeq) meter.countOvertaken();
      this.#lastSeq = Math.max(this.#lastSeq, seq);
      return;
    }
    // Only one side writes to this chat, so the recipient sees every number of it.
    if (this.#lastSeq >= 0 && seq !== this.#lastSeq + 1)
      meter.violation(`chat ${chatId}: seq ${seq} was delivered after ${this.#lastSeq}`);
    this.#lastSeq = seq;
  }

  #checkSame(flight: Flight, incoming: Incoming): void {
    const { meter, chatId } = this.#options;
    if (incoming.chatId !== chatId)
      meter.violation(`a message of chat ${chatId} arrived as one of ${incoming.chatId}`);
    if (flight.messageId === '') {
      flight.messageId = incoming.messageId;
      flight.seq = incoming.seq;
    } else if (flight.messageId !== incoming.messageId || flight.seq !== incoming.seq) {
      meter.violation(`message ${flight.messageId} was accepted and delivered with different ids or seq`);
    }
  }

  #finish(clientMsgId: string): void {
    this.#flights.delete(clientMsgId);
    this.#options.onDone(this);
  }
}
