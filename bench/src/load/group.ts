import { randomUUID } from 'node:crypto';

import type { Connection } from './connection.ts';
import { GroupMember } from './group-member.ts';
import type { Meter } from './meter.ts';
import { BODY } from './pair.ts';
import { SeqScanner } from './scan-seq.ts';
import { emptyIncoming, type Incoming, readMessage } from './wire.ts';

/** Of the deliveries, every so many-th is read as a whole; no divisor of a group's size, so that all members have their turn. */
const SAMPLE = 61;

/** A message on its way. It ends when the sender was answered and every other member has it. */
interface Flight {
  clientMsgId: string;
  /** The index of who sent it. */
  sender: number;
  at: number;
  /** Sent in the measured period. */
  measured: boolean;
  accepted: boolean;
  messageId: string;
  seq: number;
  arrived: number;
}

export interface GroupOptions {
  chatId: string;
  members: readonly { userId: string; connection: Connection }[];
  /** The number of the newest message before the first of these. */
  base: number;
  meter: Meter;
}

/**
 * A group whose members send in turn, `inFlight` messages outstanding. Checks what the contract promises: every message reaches every
 * other member once, in the order of its number, which all are told alike. Count and order are checked of all deliveries, the
 * content of one in 61 and of the first of each message.
 */
export class Group {
  readonly #options: GroupOptions;
  readonly #scanner = new SeqScanner();
  readonly #seen: GroupMember[];
  readonly #frames: ((clientMsgId: string) => string)[];
  readonly #flights = new Map<string, Flight>();
  readonly #bySeq = new Map<number, Flight>();
  readonly #incoming = emptyIncoming();
  /** The flight that the last delivery belonged to: most often the next one does, too. */
  #current: Flight | null = null;
  #turn = 0;
  #deliveries = 0;
  #running = false;

  constructor(options: GroupOptions) {
    this.#options = options;
    const { members, chatId, meter, base } = options;
    this.#seen = members.map(() => new GroupMember(base));
    this.#frames = members.map(({ connection }) => connection.wire.message(chatId, BODY));
    for (const [index, { connection }] of members.entries()) {
      connection.onBytes = (bytes, start, end) => this.#onBytes(index, bytes, start, end);
      connection.onIncoming = (incoming) => this.#onIncoming(index, incoming);
      connection.onClose = (reason) => meter.violation(`a member's connection ended: ${reason}`);
    }
  }

  get inFlight(): number {
    return this.#flights.size;
  }

  start(inFlight: number): void {
    this.#running = true;
    for (let index = 0; index < inFlight; index += 1) this.#send();
  }

  stop(): void {
    this.#running = false;
  }

  /** After everything had time to arrive: whatever is still in flight is lost, and so is what a member has not seen. */
  checkEmpty(): void {
    const { meter, members } = this.#options;
    for (const { clientMsgId, arrived, accepted } of this.#flights.values()) {
      const answer = accepted ? 'was accepted' : 'was never answered';
      meter.violation(
        `message ${clientMsgId} ${answer} and reached ${arrived} of ${members.length - 1} members`,
      );
    }
    for (const [index, { missing }] of this.#seen.entries()) {
      for (const seq of missing) {
        // One in flight was told of above.
        if (!this.#bySeq.has(seq)) meter.violation(`seq ${seq} never came to member ${index}`);
      }
    }
  }

  #send(): void {
    const { members, meter } = this.#options;
    const sender = this.#turn % members.length;
    this.#turn += 1;
    const clientMsgId = randomUUID();
    const flight = {
      ...{ clientMsgId, sender, at: performance.now(), measured: meter.measuring },
      ...{ accepted: false, messageId: '', seq: -1, arrived: 0 },
    };
    this.#flights.set(clientMsgId, flight);
    const frame = this.#frames[sender]?.(clientMsgId);
    if (frame) members[sender]?.connection.send(frame);
  }

  #onBytes(index: number, bytes: Buffer, start: number, end: number): boolean {
    const seq = this.#scanner.scan(bytes, start, end);
    if (seq < 0) return false;
    const flight = this.#current?.seq === seq ? this.#current : this.#bySeq.get(seq);
    this.#deliveries += 1;
    if (!flight || this.#deliveries % SAMPLE === 0) {
      this.#onMessage(index, bytes.toString('latin1', start, end));
    } else {
      this.#current = flight;
      this.#deliver(index, seq, flight);
    }
    return true;
  }

  #onIncoming(index: number, incoming: Incoming): void {
    const { meter } = this.#options;
    if (incoming.kind === 'sent') this.#onAnswer(index, incoming);
    else if (incoming.kind === 'error') {
      meter.violation(`refused: ${incoming.reason}`);
      this.#flights.delete(incoming.clientMsgId);
    } else if (incoming.kind === 'new') {
      // Written otherwise than the scanner knows.
      this.#take(index, incoming, null);
    }
  }

  /** A delivery that is read as a whole: the first of its message, or a sample. */
  #onMessage(index: number, text: string): void {
    // Latin-1 keeps bytes apart; what is compared is ASCII.
    const { data } = JSON.parse(text) as { data: Record<string, unknown> };
    readMessage(text, this.#incoming, 'new', () => data);
    this.#take(index, this.#incoming, data);
  }

  #take(
    index: number,
    { seq, clientMsgId, messageId }: Incoming,
    data: Record<string, unknown> | null,
  ): void {
    const { meter, members, chatId, base } = this.#options;
    if (seq <= base) return;
    if (data?.type === 'system') {
      this.#seen[index]?.arrived(seq);
      return;
    }
    const flight = this.#bySeq.get(seq) ?? this.#flights.get(clientMsgId);
    if (!flight) {
      const seen = this.#seen[index]?.arrived(seq);
      meter.violation(
        seen === 'again'
          ? `seq ${seq} was delivered twice to member ${index}`
          : `a message that nobody sent: ${clientMsgId}`,
      );
      return;
    }
    this.#note(flight, seq, messageId);
    const same =
      flight.clientMsgId === clientMsgId &&
      flight.messageId === messageId &&
      flight.seq === seq &&
      (data === null ||
        (data.chat_id === chatId &&
          data.sender_id === members[flight.sender]?.userId &&
          (data.payload as { body?: unknown } | null)?.body === BODY));
    if (!same) meter.violation(`seq ${seq} came to member ${index} with other ids or another text`);
    this.#deliver(index, seq, flight);
  }

  /** The first that is heard of a message, from whichever side, says its number and id. */
  #note(flight: Flight, seq: number, messageId: string): void {
    if (flight.seq >= 0) return;
    flight.seq = seq;
    flight.messageId = messageId;
    this.#bySeq.set(seq, flight);
  }

  #deliver(index: number, seq: number, flight: Flight): void {
    const { meter } = this.#options;
    if (flight.sender === index) {
      meter.violation(`a message came back to the connection that sent it: seq ${seq}`);
      return;
    }
    const arrival = this.#seen[index]?.arrived(seq);
    if (arrival === 'again') {
      meter.violation(`seq ${seq} was delivered twice to member ${index}`);
      return;
    }
    if (arrival === 'late')
      meter.violation(`seq ${seq} was delivered after ${this.#seen[index]?.last} to member ${index}`);
    const now = performance.now();
    meter.countDelivered(now, false);
    if (flight.measured) meter.delivery.recordMs(now - flight.at);
    flight.arrived += 1;
    this.#finish(flight);
  }

  #onAnswer(index: number, { clientMsgId, seq, messageId }: Incoming): void {
    const { meter } = this.#options;
    const flight = this.#flights.get(clientMsgId);
    if (!flight || flight.accepted || flight.sender !== index) {
      meter.violation(`answered twice, or never sent: ${clientMsgId}`);
      return;
    }
    this.#note(flight, seq, messageId);
    if (flight.seq !== seq || flight.messageId !== messageId)
      meter.violation(`the sender of ${clientMsgId} was told other ids or another seq than the members`);
    flight.accepted = true;
    this.#seen[index]?.answered(seq);
    meter.countAccepted();
    if (flight.measured) meter.acceptance.recordMs(performance.now() - flight.at);
    this.#finish(flight);
  }

  #finish(flight: Flight): void {
    if (!flight.accepted || flight.arrived < this.#options.members.length - 1) return;
    this.#flights.delete(flight.clientMsgId);
    // Kept for a while: a repetition must still be told from a message that nobody sent.
    this.#bySeq.delete(flight.seq - 1000);
    if (this.#running) this.#send();
  }
}
