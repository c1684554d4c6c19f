import type { ChatSummary, InputOf, Message, Participant, Presence } from '@parley/contract';
import { ParleyError, toParleyError } from '../errors.ts';
import { quiet } from '../lib/deferred.ts';
import { randomUuid } from '../lib/uuid.ts';
import type { MessagesApi } from '../procedures.ts';
import type { Draft, Sent } from '../realtime/types.ts';
import type { Entry } from './entry.ts';
import { findMessage } from './history.ts';
import { doubting } from './room.ts';
import type { Store } from './store.ts';
import { counts, covers } from './summary.ts';
import type { UnsentMessage } from './unsent.ts';

type WithoutChat<T> = T extends unknown ? Omit<T, 'chat_id'> : never;

/** A message to send to the chat of a view; without a `client_msg_id` one is made. */
export type ChatDraft = WithoutChat<Draft>;

/**
 * One chat with its messages as they are now: fetched by `load`, kept up to date by events. All that it answers is a snapshot:
 * never changed, and the same reference as long as nothing changed.
 */
export class MessageList {
  /** The chat's id. */
  readonly chatId: string;
  readonly #store: Store;

  /** @internal `client.messages(chatId)`. */
  constructor(store: Store, chatId: string) {
    this.#store = store;
    this.chatId = chatId;
  }

  /**
   * Messages, oldest first, without a hole up to the newest; after them those that are not stored yet (`status` `pending` or
   * `failed`). `client_msg_id` stays the same when a message is stored.
   */
  get all(): readonly (Message | UnsentMessage)[] {
    return this.#entry.all;
  }

  /** Whether `loadOlder` would fetch messages. */
  get hasOlder(): boolean {
    return typeof this.#entry.room.history?.older === 'string';
  }

  /** The chat; null until it was fetched. */
  get chat(): ChatSummary | null {
    return this.#entry.room.chat;
  }

  /** The present members; empty until they were fetched. */
  get participants(): readonly Participant[] {
    return this.#entry.room.participants ?? none;
  }

  /** Ids of those who type now. */
  get typing(): readonly string[] {
    return this.#entry.typing;
  }

  /** What was told of participants' presence on this connection (see `client.realtime.subscribePresence`), by user id. */
  get presence(): Readonly<Record<string, Presence>> {
    return this.#entry.presence;
  }

  /** Calls back after any of this changed, once for all that changed in one turn; returns what ends that. */
  subscribe(callback: () => void): () => void {
    this.#shown();
    return this.#entry.changes.subscribe(callback);
  }

  /**
   * Fetches the chat and its newest messages (50, or as far back as they were fetched before); from then on events keep them up
   * to date. Does nothing where they are. Errors: those of `chats.get` and `messages.list`.
   */
  async load(): Promise<void> {
    const entry = this.#shown();
    if (this.#store.live && entry.room.history && entry.room.doubt === 'none') return;
    entry.withMessages = true;
    await this.#store.fetching.chat(entry);
  }

  /** Fetches older messages: 50, or `limit` ≤ 100. Does nothing where there are none. Errors: those of `messages.list`. */
  loadOlder(limit?: number): Promise<void> {
    return this.#store.fetching.older(this.#shown(), limit);
  }

  /**
   * Sends a message, which is shown at once; again with the `client_msg_id` of one that failed, it is tried again. Over the live
   * connection, with all its patience (see `client.realtime.send`); where that is not asked for, once over HTTP. The promise may
   * be ignored: a refusal shows as `failed`. Errors: those of `realtime.send` and `messages.send`.
   */
  send(draft: ChatDraft): Promise<Sent> {
    const entry = this.#shown();
    const client_msg_id = (draft.client_msg_id ?? randomUuid()).toLowerCase();
    const input: InputOf<'messages.send'> = { ...draft, chat_id: this.chatId, client_msg_id };
    const unsent: UnsentMessage = {
      client_msg_id,
      chat_id: this.chatId,
      sender_id: entry.room.me,
      type: draft.type,
      payload: draft.payload,
      reply_to_message_id: draft.reply_to_message_id ?? null,
      status: 'pending',
      error: null,
      created_at: new Date().toISOString(),
    };
    const others = entry.unsent.filter((other) => other.client_msg_id !== client_msg_id);
    this.#setUnsent(entry, [...others, unsent]);
    return quiet(this.#send(entry, input));
  }

  /** Takes away a message that failed. */
  discard(clientMsgId: string): void {
    const entry = this.#entry;
    const id = clientMsgId.toLowerCase();
    this.#setUnsent(
      entry,
      entry.unsent.filter(({ client_msg_id, status }) => client_msg_id !== id || status !== 'failed'),
    );
  }

  /**
   * Marks all messages that are held as read, or those up to one. Shown at once; the promise may be ignored. Errors: those of
   * `realtime.read` and `messages.markRead`.
   */
  markRead(upToMessageId?: string): Promise<void> {
    return quiet(this.#markRead(upToMessageId?.toLowerCase()));
  }

  /**
   * Says that the chat is not shown any more: only its newest messages are kept. Changes nothing while somebody is subscribed.
   * The view can be used again at any time.
   */
  release(): void {
    const entry = this.#entry;
    if (!entry.changes.heard) this.#store.release(entry);
  }

  get #entry(): Entry {
    const entry = this.#store.entry(this.chatId);
    entry.view = this;
    return entry;
  }

  #shown(): Entry {
    const entry = this.#entry;
    entry.shown = true;
    return entry;
  }

  #setUnsent(entry: Entry, unsent: readonly UnsentMessage[]): void {
    entry.unsent = unsent;
    this.#store.touch(entry);
  }

  async #send(entry: Entry, input: InputOf<'messages.send'>): Promise<Sent> {
    const { realtime, api } = this.#store.parts;
    try {
      if (realtime.status !== 'idle') return await realtime.send(input);
      // One after the other, so that they are stored in their order.
      const sending = entry.sending.then(() => api.messages.send(input));
      entry.sending = sending.catch(() => {});
      const message = await sending;
      const { message_id, client_msg_id, chat_id, seq, created_at } = message;
      this.#setUnsent(
        entry,
        entry.unsent.filter((unsent) => unsent.client_msg_id !== client_msg_id),
      );
      return { message_id, client_msg_id, chat_id, seq, timestamp: created_at };
    } catch (cause) {
      const error = toParleyError(cause);
      const failed = entry.unsent.map((unsent): UnsentMessage => {
        return unsent.client_msg_id === input.client_msg_id ? { ...unsent, status: 'failed', error } : unsent;
      });
      this.#setUnsent(entry, failed);
      throw error;
    }
  }

  async #markRead(upToMessageId: string | undefined): Promise<void> {
    const entry = this.#shown();
    const { api, realtime } = this.#store.parts;
    const held = entry.room.history?.messages ?? [];
    const last = upToMessageId === undefined ? held.at(-1) : findMessage(entry.room, upToMessageId);
    if (!last) {
      if (upToMessageId === undefined) return;
      throw new ParleyError('NOT_FOUND', 'The message is not held by this view');
    }
    const { seq, message_id } = last;
    const unread = held.some(
      (message) => message.seq <= seq && message.status !== 'read' && counts(entry.room, message),
    );
    if (!unread && covers(entry.room)) return;
    const { positions } = entry.room;
    if (covers(entry.room)) this.#store.take(this.chatId, { type: 'read', data: { seq, unread: null } });
    try {
      // The store hears of the answer, as of any read.
      if (this.#store.live) await realtime.read(this.chatId, message_id);
      else await api.messages.markRead({ chat_id: this.chatId, up_to_message_id: message_id });
    } catch (error) {
      // What was shown did not happen.
      this.#store.set(entry, doubting({ ...entry.room, positions }, 'now'));
      throw error;
    }
  }
}

const none: readonly Participant[] = [];

/** `client.messages`: the procedures, and the view of one chat: `client.messages(chatId)`, the same one each time. */
export type Messages = MessagesApi & ((chatId: string) => MessageList);

/** @internal Puts both together. */
export function messagesOf(api: MessagesApi, store: Store): Messages {
  const view = (chatId: string) => {
    const entry = store.entry(chatId);
    entry.view ??= new MessageList(store, entry.room.chatId);
    return entry.view;
  };
  return Object.assign(view, api);
}
