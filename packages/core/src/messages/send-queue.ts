/**
 * Where accepted-to-be messages gather for the next commit (design, the hot path). The answer to a send leaves only after
 * its batch is committed; its event is published right after, and by the relay if the process dies in between.
 */
import { setTimeout } from 'node:timers/promises';
import type { BusEvent, Media, Message } from '@parley/contract';
import type { ChatCache } from '../chats/cache.ts';
import { isUnavailable } from '../error.ts';
import { Batcher } from '../lib/batcher.ts';
import { makeEvent } from '../lib/events.ts';
import type { Clock, Publisher, SendTimes } from '../ports/engines.ts';
import type { AppendResult, ChatRecord, MessageStore, NewMessage, StoredMessage } from '../ports/stores.ts';
import { blindTo, type Quote, recipientsOf, toWire } from './wire.ts';

export interface QueuedSend {
  message: NewMessage;
  quote: Quote | null;
  /** The file that it carries. */
  media: Media | null;
  /** The chat as the send was allowed in it. Who gets the message is decided when it is stored. */
  chat: ChatRecord;
  /** Members whose time in the chat begins with this very message. */
  joining?: readonly string[];
  /** When it joined the queue, as `performance.now()` has it. */
  queuedAt: number;
}

export type SendOutcome =
  | { outcome: 'stored'; message: Message }
  | { outcome: 'known'; message: StoredMessage; fingerprint: string };

/** Messages in one commit at most: enough to be cheap, few enough that nobody waits long for a batch. */
const maxBatch = 200;

/** So long, in milliseconds, telling of a message waits for the window of somebody who joins just now, and between two looks. */
const settlingMs = 250;
const settlingStepMs = 10;

/** Whether somebody joins just now: what was sent meanwhile may be for them or not, which shows in milliseconds. */
function isSettling(chat: ChatRecord, now: number): boolean {
  if (chat.type !== 'group') return false;
  for (const member of chat.members.values()) {
    if (member.joined_seq !== Number.MAX_SAFE_INTEGER || member.left_seq !== null) continue;
    if (now - Date.parse(member.joined_at) < 2_000) return true;
  }
  return false;
}

/** A stored message that is to be told of. */
interface Stored {
  wire: Message;
  send: QueuedSend;
}

export class SendQueue {
  readonly #store: Pick<MessageStore, 'append'>;
  readonly #chats: Pick<ChatCache, 'peek' | 'get' | 'invalidate'>;
  readonly #publisher: Publisher;
  readonly #clock: Clock;
  readonly #times: SendTimes | undefined;
  readonly #batcher: Batcher<QueuedSend, SendOutcome>;
  /** The end of what waits to be published; null while nothing does. */
  #publishing: Promise<void> | null = null;

  constructor(parts: {
    messages: Pick<MessageStore, 'append'>;
    chatCache: Pick<ChatCache, 'peek' | 'get' | 'invalidate'>;
    publisher: Publisher;
    clock: Clock;
    sendTimes?: SendTimes | undefined;
  }) {
    this.#store = parts.messages;
    this.#chats = parts.chatCache;
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

  /** Stores all of them in one commit, or none. Errors: those of the store. */
  addAll(sends: readonly QueuedSend[]): Promise<SendOutcome[]> {
    return this.#batcher.addAll(sends);
  }

  /**
   * Does something that publishes, behind what was committed and not published yet: events leave in the order of their commits. It must
   * not reject.
   */
  inTurn(work: () => Promise<void>): void {
    const turn = (this.#publishing ?? Promise.resolve()).then(work).finally(() => {
      if (this.#publishing === turn) this.#publishing = null;
    });
    this.#publishing = turn;
  }

  /** Resolves when nothing waits for a commit, and everything stored was handed to the publisher. */
  async settled(): Promise<void> {
    await this.#batcher.settled();
    while (this.#publishing) await this.#publishing;
  }

  async #run(items: QueuedSend[]): Promise<SendOutcome[]> {
    const now = performance.now();
    const waited = items.reduce((sum, { queuedAt }) => sum + now - queuedAt, 0);
    this.#times?.queued(waited, items.length);
    const results = await this.#store.append(items.map((item) => item.message));
    const stored = new Map<string, Stored[]>();
    const outcomes = items.map((item, index) => outcomeOf(item, results[index] as AppendResult, stored));
    this.#publish(stored);
    return outcomes;
  }

  /** At once where all chats are cached and nothing waits, as it mostly is. */
  #publish(stored: Map<string, Stored[]>): void {
    for (const [outboxId, batch] of stored) {
      const missing = new Set<string>();
      for (const { wire } of batch) {
        const chat = this.#chats.peek(wire.chat_id);
        if (!chat || isSettling(chat, this.#clock.now())) missing.add(wire.chat_id);
      }
      if (missing.size === 0 && !this.#publishing) this.#publisher.publish(outboxId, this.#events(batch));
      else this.inTurn(() => this.#publishAfterLook(outboxId, batch, missing));
    }
  }

  /** These chats changed since: whoever was removed must get nothing. Never rejects. */
  async #publishAfterLook(outboxId: string, batch: Stored[], chatIds: ReadonlySet<string>): Promise<void> {
    const looked = new Map<string, ChatRecord>();
    await Promise.all(
      [...chatIds].map(async (id) => {
        // Where nobody can say, it is as it was when the send was allowed.
        const chat = await this.#settled(id).catch(() => undefined);
        if (chat) looked.set(id, chat);
      }),
    );
    this.#publisher.publish(outboxId, this.#events(batch, looked));
  }

  /** The chat once it is known from where on its newest members see it, for which a moment is waited. */
  async #settled(chatId: string): Promise<ChatRecord | undefined> {
    for (let waited = 0; ; waited += settlingStepMs) {
      const chat = await this.#chats.get(chatId);
      if (!chat || waited >= settlingMs || !isSettling(chat, this.#clock.now())) return chat;
      await setTimeout(settlingStepMs);
      this.#chats.invalidate(chatId);
    }
  }

  #events(batch: readonly Stored[], looked?: ReadonlyMap<string, ChatRecord>): BusEvent<'msg.new'>[] {
    const now = this.#clock.now();
    return batch.map(({ wire, send }) => {
      const known = looked?.get(wire.chat_id) ?? this.#chats.peek(wire.chat_id);
      const chat = known && known.state_version >= send.chat.state_version ? known : send.chat;
      const event = newMessageEvent(wire, chat, send.quote, send.message.context, now);
      const { recipients } = event.payload;
      for (const id of send.joining ?? []) if (!recipients.includes(id)) recipients.push(id);
      return event;
    });
  }
}

function outcomeOf(send: QueuedSend, result: AppendResult, stored: Map<string, Stored[]>): SendOutcome {
  if (result.outcome === 'known') return result;
  const wire = toWire(
    storedMessage(send.message, result.seq, result.version),
    'sent',
    send.quote?.preview ?? null,
    send.media,
  );
  const batch = stored.get(result.outboxId);
  if (batch) batch.push({ wire, send });
  else stored.set(result.outboxId, [{ wire, send }]);
  return { outcome: 'stored', message: wire };
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
    forwarded: message.forwarded_from !== null,
    forwarded_from: message.forwarded_from,
    reactions: {},
    is_deleted: false,
    created_at: message.created_at,
    updated_at: message.created_at,
    edited_at: null,
    expires_at: message.expires_at,
  };
}

/** `msg.new`, with everyone of the chat who is to get it (contract section 5). */
export function newMessageEvent(
  message: Message,
  chat: Pick<ChatRecord, 'members'>,
  quote: Quote | null,
  context: NewMessage['context'],
  now: number,
): BusEvent<'msg.new'> {
  const recipients = recipientsOf(chat, message.seq);
  const unquoted = blindTo(chat, recipients, quote);
  return makeEvent('msg.new', context, { message, recipients, unquoted, origin: context.origin }, now);
}
