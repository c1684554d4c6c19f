import type { AckResults, ClientEventInput, ServerEvent, ServerEventData } from '@parley/contract';
import { ParleyError } from '../errors.ts';
import { unlessAborted } from '../lib/abort.ts';
import { quiet } from '../lib/deferred.ts';
import { Listeners } from '../lib/listeners.ts';
import { Lanes } from '../outbox/lanes.ts';
import type { CallOptions } from '../procedures.ts';
import { Actions } from './actions.ts';
import type { ConnectionParts } from './connection.ts';
import { Link } from './link.ts';
import { PresenceWatch } from './presence.ts';
import { type ReadResult, Receipts } from './receipts.ts';
import type { Draft, RealtimeStatus, Sent } from './types.ts';
import { Typing } from './typing.ts';

/**
 * The live connection (contract section 4): events of the server, and what one tells it. It belongs to the session: when that
 * ends it disconnects, and what still waits to be sent is rejected with `UNAUTHORIZED`.
 */
export class Realtime {
  /** @internal Messages on their way to the server: the outbox's go through the same. */
  readonly lanes: Lanes;
  /** @internal Receipts as the server takes them, for the views. */
  readonly receipted: Receipts['told'];
  readonly #session: ConnectionParts['session'];
  readonly #link: Link;
  readonly #receipts: Receipts;
  readonly #actions: Actions;
  readonly #presence: PresenceWatch;
  readonly #typing: Typing;
  readonly #listeners = new Map<string, Listeners<unknown>>();
  #closed = false;

  /** @internal Each client has one: `client.realtime`. */
  constructor(parts: ConnectionParts) {
    const { session, timing, debug } = parts;
    this.#session = session;
    this.#link = new Link(parts);
    this.lanes = new Lanes(this.#link, timing);
    this.#receipts = new Receipts(this.#link, timing);
    this.receipted = this.#receipts.told;
    this.#actions = new Actions(this.#link, timing);
    this.#presence = new PresenceWatch(this.#link, timing, debug);
    this.#typing = new Typing(this.#link, timing);
    this.#link.events.add(({ event, data }) => this.#listeners.get(event)?.emit(data));
    let before: string | null = null;
    session.changes.add((userId) => {
      // Restoring a session is not a change of people.
      if (before !== null) this.#userChanged(userId);
      before = userId;
    });
    // What was given before the session was restored waits for a user whom there may not be.
    void session.ready.then(() => {
      if (session.userId === null) this.#drop(nobody());
    });
  }

  /** Whether there is a connection; see `RealtimeStatus`. */
  get status(): RealtimeStatus {
    return this.#link.status;
  }

  /** How many messages given to `send` wait for their answer. */
  get pending(): number {
    return this.lanes.size;
  }

  /** Calls back with every change of `status`; returns what ends that. */
  onStatus(callback: (status: RealtimeStatus) => void): () => void {
    return this.#link.statuses.add(callback);
  }

  /**
   * Calls back with the data of each such event of the server, over all connections to come; returns what ends that. While
   * there is no connection events are missed: fetch what changed when `status` becomes `online` again.
   */
  on<E extends ServerEvent>(event: E, callback: (data: ServerEventData<E>) => void): () => void {
    return this.#listen(event, callback, false);
  }

  /** @internal As `on`, before all who listen: the views have an event when others hear of it. */
  hear<E extends ServerEvent>(event: E, callback: (data: ServerEventData<E>) => void): void {
    this.#listen(event, callback, true);
  }

  /**
   * Connects and stays connected, through restarts and lost networks, until `disconnect()`. Resolves when online for the first
   * time, and keeps trying until then; the promise may be ignored. The signal only ends the waiting. Errors: `UNAUTHORIZED`
   * (nobody is signed in, or the session ended), `ABORTED`.
   */
  connect({ signal }: CallOptions = {}): Promise<void> {
    return quiet(this.#connect(signal));
  }

  /** Disconnects and does not connect again; messages that wait are kept for the next `connect()`. */
  disconnect(): void {
    this.#link.stop(new ParleyError('ABORTED', 'Disconnected by disconnect()'));
  }

  /**
   * Sends a message: at once when online, else as soon as there is a connection. Messages of a chat arrive in the order of
   * their calls. Lost connections, time-outs (10 s), rate limits and a server in trouble are waited out, with the same
   * `client_msg_id` each time, so that the message is stored once; the promise resolves when it is stored. The signal drops a
   * message that was not handed to a connection yet; later it changes nothing.
   * Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `USER_BLOCKED`, `NOT_FOUND` (reply or media), `VALIDATION_ERROR`, `CONFLICT`
   * (the id was used for another message), `PAYLOAD_TOO_LARGE` (64 KB), `INTERNAL_ERROR` (8 times in a row), `UNAUTHORIZED`
   * (the session ended), `ABORTED` (signal, or `close()`).
   */
  send(draft: Draft, { signal }: CallOptions = {}): Promise<Sent> {
    return this.#usable(() => this.lanes.add(draft, signal));
  }

  /**
   * Says that messages have arrived on this device, up to the given ones; of each chat the furthest counts. Waits for a
   * connection; the promise may be ignored. Errors: `NOT_FOUND` (none of them can be seen), `VALIDATION_ERROR`, `UNAUTHORIZED`,
   * `ABORTED`.
   */
  delivered(messageIds: readonly string[]): Promise<void> {
    return quiet(this.#usable(() => this.#receipts.delivered(messageIds)));
  }

  /**
   * Moves the read position of a chat up to a message, never back; resolves with what is still unread. Waits for a connection;
   * of several calls that wait the furthest is sent. The promise may be ignored. Errors: `CHAT_NOT_FOUND`, `NOT_FOUND`,
   * `VALIDATION_ERROR`, `UNAUTHORIZED`, `ABORTED`.
   */
  read(chatId: string, upToMessageId: string): Promise<ReadResult> {
    return quiet(this.#usable(() => this.#receipts.read(chatId, upToMessageId)));
  }

  /**
   * Deletes a message, for oneself or for everyone. Waits for a connection like a receipt, and is repeated until it is answered;
   * what is done to one message is done in the order of the calls. The promise may be ignored; the signal ends the waiting, and a
   * change that was handed to a connection may still happen. Errors: `NOT_FOUND`, `NOT_CHAT_MEMBER`, `FORBIDDEN`,
   * `VALIDATION_ERROR`, `INTERNAL_ERROR` (8 times in a row), `UNAUTHORIZED`, `ABORTED`.
   */
  deleteMessage(
    messageId: string,
    deletedFor: 'me' | 'everyone' = 'me',
    { signal }: CallOptions = {},
  ): Promise<AckResults['message.delete']> {
    const data = { message_id: messageId, for: deletedFor };
    return quiet(this.#usable(() => this.#actions.perform('message.delete', data, signal)));
  }

  /**
   * Replaces the text of one's own message (`{ body }`), or the caption of a file (`{ caption }`), within 15 minutes of sending; resolves with the message. Waits as
   * `deleteMessage` does. Errors: those of `deleteMessage`, `USER_BLOCKED`, `NOT_ADMIN`.
   */
  editMessage(
    messageId: string,
    payload: ClientEventInput<'message.edit'>['payload'],
    { signal }: CallOptions = {},
  ): Promise<AckResults['message.edit']> {
    const data = { message_id: messageId, payload };
    return quiet(this.#usable(() => this.#actions.perform('message.edit', data, signal)));
  }

  /**
   * Reacts to a message with one emoji, or with null takes one's reaction back; resolves with all reactions. Waits as
   * `deleteMessage` does. Errors: those of `deleteMessage`, `USER_BLOCKED`.
   */
  react(
    messageId: string,
    emoji: string | null,
    { signal }: CallOptions = {},
  ): Promise<AckResults['message.react']> {
    const data = { message_id: messageId, emoji };
    return quiet(this.#usable(() => this.#actions.perform('message.react', data, signal)));
  }

  /**
   * Says that the user types in a chat, or has stopped; for others it ends by itself after 5 s. May be called with every key:
   * it is told every 3 s at most. Does nothing while there is no connection.
   */
  typing(chatId: string, isTyping: boolean): void {
    this.#typing.set(chatId, isTyping);
  }

  /**
   * Asks for `presence` events of these users, now and after every reconnect. Resolves when the server has agreed, waiting for
   * a connection if need be; the promise may be ignored. Errors: `VALIDATION_ERROR`, `UNAUTHORIZED`, `ABORTED`.
   */
  subscribePresence(userIds: readonly string[]): Promise<void> {
    return quiet(this.#usable(() => this.#presence.subscribe(userIds)));
  }

  /** Ends what `subscribePresence` began, however often it was called. The promise may be ignored. Errors: `NETWORK_ERROR`. */
  unsubscribePresence(userIds: readonly string[]): Promise<void> {
    return quiet(this.#usable(() => this.#presence.unsubscribe(userIds)));
  }

  /** @internal Tries now instead of later, where it waits for the next try. */
  hurry(): void {
    this.#link.hurry();
  }

  /** @internal Asks for what was missed, once. Errors: those of `sync.changes`, `NETWORK_ERROR` (no connection), `TIMEOUT`. */
  sync(input: ClientEventInput<'sync'>): Promise<AckResults['sync']> {
    return this.#link.request('sync', input);
  }

  /** @internal Disconnects for good and rejects what waits. */
  close(): void {
    this.#closed = true;
    this.#drop(closed());
    this.#link.statuses.clear();
    this.#listeners.clear();
  }

  async #connect(signal: AbortSignal | undefined): Promise<void> {
    await unlessAborted(this.#session.ready, signal);
    await this.#usable(() => {
      this.#link.start();
      return this.#link.untilOnline(signal);
    });
  }

  #listen<E extends ServerEvent>(
    event: E,
    callback: (data: ServerEventData<E>) => void,
    first: boolean,
  ): () => void {
    let listeners = this.#listeners.get(event);
    if (!listeners) {
      listeners = new Listeners<unknown>();
      this.#listeners.set(event, listeners);
    }
    // The server has made it of the schema of this event.
    return listeners.add((data) => callback(data as ServerEventData<E>), first);
  }

  #usable<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(closed());
    if (this.#session.restored && this.#session.userId === null) return Promise.reject(nobody());
    return work();
  }

  /** Nothing that one user has left waiting may be sent as another. */
  #userChanged(userId: string | null): void {
    const { wanted } = this.#link;
    this.#drop(new ParleyError('UNAUTHORIZED', 'The session ended'));
    if (wanted && userId !== null) this.#link.start();
  }

  #drop(reason: ParleyError): void {
    this.#link.stop(reason);
    this.lanes.clear(reason);
    this.#receipts.clear(reason);
    this.#actions.clear(reason);
    this.#presence.clear(reason);
  }
}

function nobody(): ParleyError {
  return new ParleyError('UNAUTHORIZED', 'Nobody is signed in here');
}

function closed(): ParleyError {
  return new ParleyError('ABORTED', 'The client was closed');
}
