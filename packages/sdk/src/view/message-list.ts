import type { ChatSummary, Message, Participant, Presence } from '@parley/contract';
import { unlessAborted } from '../lib/abort.ts';
import { quiet } from '../lib/deferred.ts';
import type { UploadFile } from '../media/types.ts';
import type { OutboxFileOptions } from '../outbox/file.ts';
import type { CallOptions, MessagesApi } from '../procedures.ts';
import type { Draft, Sent } from '../realtime/types.ts';
import type { Entry } from './entry.ts';
import { atNewest } from './room.ts';
import type { Store } from './store.ts';
import type { UnsentMessage } from './unsent.ts';
import type { Views } from './views.ts';

type WithoutChat<T> = T extends unknown ? Omit<T, 'chat_id'> : never;

/** A message to send to the chat of a view; without a `client_msg_id` one is made. */
export type ChatDraft = WithoutChat<Draft>;

/**
 * One chat with its messages as they are now: loaded by `load`, kept up to date by events. All that it answers is a snapshot:
 * never changed, and the same reference as long as nothing changed. At most 600 stored messages are held: who pages further back lets go
 * of the newest ones, and fetches them again with `loadNewer` or `toNewest`. Of all promises the signal only ends the waiting, and all of them
 * may be ignored.
 */
export class MessageList {
  /** The chat's id. */
  readonly chatId: string;
  readonly #views: Views;

  /** @internal `client.messages(chatId)`. */
  constructor(views: Views, chatId: string) {
    this.#views = views;
    this.chatId = chatId;
  }

  /**
   * Messages, oldest first, without a hole, up to the newest unless `hasNewer`; after them those that are not stored yet (`status`
   * `pending` or `failed`). `client_msg_id` stays the same when a message is stored.
   */
  get all(): readonly (Message | UnsentMessage)[] {
    return this.#entry.all;
  }

  /** Whether `loadOlder` would fetch messages. */
  get hasOlder(): boolean {
    return typeof this.#entry.room.history?.older === 'string';
  }

  /** Whether there are newer messages than those that are held. While that is so, new ones are counted in `chat` but not shown. */
  get hasNewer(): boolean {
    const { room } = this.#entry;
    return room.history !== null && !atNewest(room);
  }

  /** The chat; null until it is known. */
  get chat(): ChatSummary | null {
    return this.#entry.room.chat;
  }

  /** The present members; empty until they are known. */
  get participants(): readonly Participant[] {
    return this.#entry.room.participants;
  }

  /** Ids of those who type now. */
  get typing(): readonly string[] {
    return this.#entry.typing;
  }

  /** What was told of participants' presence on this connection (see `client.realtime.subscribePresence`), by user id. */
  get presence(): Readonly<Record<string, Presence>> {
    return this.#entry.presence;
  }

  /** The id of the first message that was not read when the view was loaded, or marked last; null if there is none that is held. */
  get firstUnread(): string | null {
    return this.#entry.firstUnread;
  }

  /** What was written and not sent yet; kept in the client's database. */
  get draft(): string {
    return this.#entry.draft;
  }

  /** Keeps what is being written; an empty text forgets it. */
  setDraft(text: string): void {
    this.#views.setDraft(this.#entry, text);
  }

  /** Calls back after any of this changed, once for all that changed in one turn; returns what ends that. */
  subscribe(callback: () => void): () => void {
    this.#shown();
    return this.#entry.changes.subscribe(callback);
  }

  /**
   * Syncs the chat and has its newest messages (50, or as many as are held); from then on events keep them up to date. Does nothing
   * where they are. Errors: `CHAT_NOT_FOUND`, those of `sync.changes` and `messages.list`.
   */
  load({ signal }: CallOptions = {}): Promise<void> {
    return this.#filled(signal, (store, entry) => store.show(entry));
  }

  /** Fetches older messages: 50, or `limit` ≤ 100. Does nothing where there are none. Errors: those of `messages.list`. */
  loadOlder(limit?: number, { signal }: CallOptions = {}): Promise<void> {
    return this.#filled(signal, ({ pager }, entry) => pager.older(entry, limit));
  }

  /** Fetches the next newer messages. Does nothing where there are none. Errors: those of `messages.list`. */
  loadNewer({ signal }: CallOptions = {}): Promise<void> {
    return this.#filled(signal, ({ pager }, entry) => pager.newer(entry));
  }

  /** Goes to the newest messages. Errors: those of `messages.list`. */
  toNewest({ signal }: CallOptions = {}): Promise<void> {
    return this.#filled(signal, ({ pager }, entry) => pager.newest(entry));
  }

  /**
   * Has a message held (a search result, say, or what a reply quotes): by one page more, or by those around it in place of what is
   * held; `loadNewer` and `toNewest` lead back. False where there is no such message for this user. Errors: those of `messages.list`.
   */
  reach(messageId: string, { signal }: CallOptions = {}): Promise<boolean> {
    return this.#filled(signal, ({ pager }, entry) => pager.reach(entry, messageId.toLowerCase(), signal));
  }

  /** Pages back: `for await (const messages of view.older())` gives those of each page. Errors: those of `messages.list`. */
  async *older({ limit, ...options }: CallOptions & { limit?: number | undefined } = {}) {
    while (this.hasOlder) {
      const oldest = this.#entry.room.history?.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
      await this.loadOlder(limit, options);
      yield (this.#entry.room.history?.messages ?? []).filter(({ seq }) => seq < oldest);
    }
  }

  /**
   * Sends a message, which is shown at once, and kept in the client's database until the server has stored it. With all the patience of
   * `client.realtime.send`; where no live connection is asked for, over HTTP. The promise may be ignored: a refusal shows as `failed`.
   * Errors: those of `messages.send`, `PAYLOAD_TOO_LARGE`.
   */
  send(draft: ChatDraft, options?: CallOptions): Promise<Sent> {
    this.#shown();
    // Which type goes with which payload was checked where the draft was made.
    return this.#views.parts.outbox.send({ ...draft, chat_id: this.chatId } as Draft, options);
  }

  /** Uploads a file and sends it, as `send` does a text; it shows at once, with its progress. Errors: those of `media.upload`, too. */
  sendFile(file: UploadFile, options?: OutboxFileOptions): Promise<Sent> {
    this.#shown();
    return this.#views.parts.outbox.sendFile(this.chatId, file, options);
  }

  /** Sends one again that failed. The promise is as that of `send`. Errors: `NOT_FOUND` (there is none). */
  retry(clientMsgId: string): Promise<Sent> {
    return this.#views.parts.outbox.retry(clientMsgId);
  }

  /** Takes away a message that failed or is on its way; one that was handed to the server may arrive all the same. */
  discard(clientMsgId: string): Promise<void> {
    return this.#views.parts.outbox.drop(clientMsgId);
  }

  /**
   * Marks all messages that are held as read, or those up to one. Shown at once; the promise may be ignored. Errors: those of
   * `realtime.read` and `messages.markRead`.
   */
  markRead(upToMessageId?: string): Promise<void> {
    return this.#filled(undefined, (store, entry) => store.markRead(entry, upToMessageId?.toLowerCase()));
  }

  /**
   * Says that the chat is not shown any more: only its newest messages are kept. Changes nothing while somebody is subscribed.
   * The view can be used again at any time.
   */
  release(): void {
    const entry = this.#entry;
    if (!entry.changes.heard) this.#views.release(entry);
  }

  get #entry(): Entry {
    const entry = this.#views.entries.get(this.chatId);
    entry.view = this;
    return entry;
  }

  #shown(): Entry {
    const entry = this.#entry;
    this.#views.use();
    entry.shown = true;
    return entry;
  }

  /** At once where the store is there; it may be used again by then. */
  #filled<T>(signal: AbortSignal | undefined, work: (store: Store, entry: Entry) => Promise<T>): Promise<T> {
    const entry = this.#shown();
    const { store } = this.#views;
    const done = store
      ? work(store, entry)
      : this.#views.filling().then((filled) => work(filled, this.#shown()));
    return quiet(unlessAborted(done, signal));
  }
}

/** `client.messages`: the procedures, and the view of one chat: `client.messages(chatId)`, the same one each time. */
export type Messages = MessagesApi & ((chatId: string) => MessageList);

/** @internal Puts both together. */
export function messagesOf(api: MessagesApi, views: Views): Messages {
  const view = (chatId: string) => {
    const entry = views.entries.get(chatId);
    void views.filled();
    entry.view ??= new MessageList(views, entry.room.chatId);
    return entry.view;
  };
  return Object.assign(view, api);
}
