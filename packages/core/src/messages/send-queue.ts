/**
 * Where accepted-to-be messages gather for the next commit (design, the hot path). The answer to a send leaves only after
 * its batch is committed; its event is published right after, and by the relay if the process dies in between.
 */
import type { BusEvent, Message, ReplyPreview } from '@parley/contract';
import { isUnavailable } from '../error.ts';
import { Batcher } from '../lib/batcher.ts';
import { makeEvent } from '../lib/events.ts';
import type { Clock, Publisher, SendTimes } from '../ports/engines.ts';
import type { AppendResult, MessageStore, NewMessage, StoredMessage } from '../ports/stores.ts';
import { toWire } from './wire.ts';

export interface QueuedSend {
  message: NewMessage;
  replyPreview: ReplyPreview | null;
  recipients: string[];
  /** When it joined the queue, as `performance.now()` has it. */
  queuedAt: number;
}

export type SendOutcome =
  | { outcome: 'stored'; message: Message }
  | { outcome: 'known'; message: StoredMessage; fingerprint: string };

/** Messages in one commit at most: enough to be cheap, few enough that nobody waits long for a batch. */
const maxBatch = 200;

export class SendQueue {
  readonly #store: Pick<MessageStore, 'append'>;
  readonly #publisher: Publisher;
  readonly #clock: Clock;
  readonly #times: SendTimes | undefined;
  readonly #batcher: Batcher<QueuedSend, SendOutcome>;

  constructor(parts: {
    messages: Pick<MessageStore, 'append'>;
    publisher: Publisher;
    clock: Clock;
    sendTimes?: SendTimes | undefined;
  }) {
    this.#store = parts.messages;
    this.#publisher = parts.publisher;
    this.#clock = parts.clock;
    this.#times = parts.sendTimes;
    this.#batcher = new Batcher<QueuedSend, SendOutcome>({
      maxSize: maxBatch,
      run: (items) => this.#run(items),
      isolate: (error) => !isUnavailable(error),
    });
  }

  /** `validAt` is that of the caller. Errors: those of the store. */
  add(send: QueuedSend, validAt?: number): Promise<SendOutcome> {
    if (validAt !== undefined) this.#times?.authorised(send.queuedAt - validAt);
    return this.#batcher.add(send);
  }

  /** Resolves when nothing waits for a commit. */
  settled(): Promise<void> {
    return this.#batcher.settled();
  }

  async #run(items: QueuedSend[]): Promise<SendOutcome[]> {
    const now = performance.now();
    const waited = items.reduce((sum, { queuedAt }) => sum + now - queuedAt, 0);
    this.#times?.queued(waited, items.length);
    const results = await this.#store.append(items.map((item) => item.message));
    const events = new Map<string, BusEvent<'msg.new'>[]>();
    const outcomes = items.map((item, index) => this.#outcome(item, results[index] as AppendResult, events));
    for (const [outboxId, batch] of events) this.#publisher.publish(outboxId, batch);
    return outcomes;
  }

  #outcome(item: QueuedSend, result: AppendResult, events: Map<string, BusEvent<'msg.new'>[]>): SendOutcome {
    if (result.outcome === 'known') return result;
    const message = storedMessage(item.message, result.seq, result.version);
    const wire = toWire(message, 'sent', item.replyPreview);
    const event = newMessageEvent(wire, item.recipients, item.message.context, this.#clock.now());
    const batch = events.get(result.outboxId);
    if (batch) batch.push(event);
    else events.set(result.outboxId, [event]);
    return { outcome: 'stored', message: wire };
  }
}

function storedMessage(message: NewMessage, seq: number, version: number): StoredMessage {
  return {
    message_id: message.message_id,
    chat_id: message.chat_id,
    sender_id: message.sender_id,
    client_msg_id: message.client_msg_id,
    seq,
    version,
    type: message.type,
    payload: message.payload,
    reply_to_message_id: message.reply_to_message_id,
    forwarded: false,
    forwarded_from: null,
    reactions: {},
    is_deleted: false,
    created_at: message.created_at,
    updated_at: message.created_at,
    edited_at: null,
  };
}

/** `msg.new`, with everyone who is to get it (contract section 5). */
export function newMessageEvent(
  message: Message,
  recipients: string[],
  context: NewMessage['context'],
  now: number,
): BusEvent<'msg.new'> {
  return makeEvent('msg.new', context, { message, recipients, origin: context.origin }, now);
}
