/**
 * The local view's state: rooms by chat, what is fetched for them, and the events that are folded into them. All that fetches
 * goes through `fetching.ts`; all that changes a room goes through `set`.
 */
import { ParleyError } from '../errors.ts';
import type { DebugLog } from '../lib/debug.ts';
import { KnownMedia } from '../media/known.ts';
import type { ChatsApi, MessagesApi } from '../procedures.ts';
import type { Realtime } from '../realtime/realtime.ts';
import type { Session } from '../session.ts';
import type { Timing } from '../timing.ts';
import { Changes } from './changes.ts';
import { Company } from './company.ts';
import { Entry } from './entry.ts';
import { expire, nextEnd } from './expire.ts';
import { Fetching } from './fetching.ts';
import { fold } from './fold.ts';
import { findMessage, trimHistory } from './history.ts';
import { Intake } from './intake.ts';
import { emptyRoom, type Room, type RoomEvent } from './room.ts';
import { keepList } from './same.ts';

export interface StoreParts {
  readonly api: { readonly chats: ChatsApi; readonly messages: MessagesApi };
  readonly realtime: Realtime;
  readonly session: Session;
  readonly timing: Timing;
  readonly debug: DebugLog;
}

/** Messages that are kept of a chat that nobody shows, and how many such chats keep some. */
export const keptMessages = 50;
export const keptChats = 20;

/** The longest time that a timer can wait, in milliseconds. */
const longest = 0x7fff_ffff;

export class Store {
  readonly parts: StoreParts;
  readonly fetching: Fetching;
  readonly company: Company;
  readonly known = new KnownMedia();
  /** Of the list of chats. */
  readonly changes = new Changes(() => this.listSnapshot);
  readonly #entries = new Map<string, Entry>();
  #me = '';
  #all: readonly NonNullable<Room['chat']>[] = [];
  #snapshot: readonly unknown[] = [];

  constructor(parts: StoreParts) {
    this.parts = parts;
    this.fetching = new Fetching(this);
    this.company = new Company(this);
    const { session, realtime } = parts;
    session.changes.add((userId) => this.#userChanged(userId));
    const intake = new Intake(this);
    intake.listen(realtime);
    realtime.onStatus((status) => {
      if (status === 'online') this.fetching.everything();
      else this.company.clear();
    });
  }

  /** Whether events are being heard, so that what was fetched stays true. */
  get live(): boolean {
    return this.parts.realtime.status === 'online';
  }

  get entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  find(chatId: string): Entry | undefined {
    return this.#entries.get(chatId.toLowerCase());
  }

  entry(chatId: string): Entry {
    const key = chatId.toLowerCase();
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = new Entry(emptyRoom(key, this.#me));
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** Known chats, pinned first, then by activity, as the server sorts them. */
  get chats(): readonly NonNullable<Room['chat']>[] {
    const known = [...this.entries].flatMap(({ room }) => room.chat ?? []);
    known.sort(
      (a, b) =>
        Number(b.is_pinned) - Number(a.is_pinned) ||
        compare(b.updated_at, a.updated_at) ||
        compare(a.chat_id, b.chat_id),
    );
    this.#all = keepList(this.#all, known);
    return this.#all;
  }

  get listSnapshot(): unknown {
    this.#snapshot = keepList(this.#snapshot, [this.chats, this.fetching.hasMore]);
    return this.#snapshot;
  }

  /** Folds an event into its chat. One of a chat that is not known counts only where the whole list is to be known. */
  take(chatId: string, event: RoomEvent): void {
    this.fetching.journal.add(chatId.toLowerCase(), event);
    const { listed } = this.fetching;
    const entry = listed ? this.entry(chatId) : this.find(chatId);
    // What nobody asked for is not fetched either.
    if (!entry || !(listed || entry.withMessages || entry.room.chat)) return;
    this.set(entry, fold(entry.room, event, Date.now()));
  }

  /** Replaces a room, tells of it, and has it fetched where it is in doubt. */
  set(entry: Entry, room: Room): void {
    const over = expire(room, Date.now());
    const grown = !entry.shown && (over.history?.messages.length ?? 0) > 2 * keptMessages;
    entry.room = grown ? trimHistory(over, keptMessages) : over;
    this.#removeSent(entry);
    this.#watchTime(entry);
    this.company.show(entry);
    this.touch(entry);
    this.fetching.consider(entry);
  }

  /** Something that is shown of the chat may have changed. */
  touch(entry: Entry): void {
    entry.changes.touch();
    this.changes.touch();
  }

  /** Has the chat fetched again. */
  doubt(entry: Entry): void {
    this.take(entry.room.chatId, { type: 'missed' });
  }

  /** Lets go of a chat that is none of the user's; who shows it sees it empty. */
  remove(entry: Entry): void {
    this.fetching.forget(entry);
    this.#clear(entry);
    if (!entry.view) this.#entries.delete(entry.room.chatId);
    this.touch(entry);
  }

  /** The user has read up to a message here; `unread` is what the server answers. */
  read(chatId: string, messageId: string, unread: number): void {
    const entry = this.find(chatId);
    const message = findMessage(entry?.room, messageId);
    if (message) this.take(chatId, { type: 'read', data: { seq: message.seq, unread } });
    else if (entry) this.doubt(entry);
  }

  /** This device has told the server that messages arrived. */
  delivered(messageIds: readonly string[]): void {
    const ids = new Set(messageIds);
    for (const { room } of this.entries) {
      const message = room.history?.messages.findLast(({ message_id }) => ids.has(message_id));
      if (message) this.take(room.chatId, { type: 'delivered', data: { seq: message.seq } });
    }
  }

  /** Nothing is shown any more: keeps a little, of a few chats. */
  release(entry: Entry): void {
    entry.shown = false;
    // Those released last come last.
    this.#entries.delete(entry.room.chatId);
    this.#entries.set(entry.room.chatId, entry);
    const idle = [...this.entries].filter(({ shown, withMessages }) => withMessages && !shown);
    for (const old of idle.slice(0, -keptChats)) this.dropMessages(old);
    this.set(entry, trimHistory(entry.room, keptMessages));
  }

  dropMessages(entry: Entry): void {
    entry.withMessages = false;
    // Its line is fetched with the list, if that was asked for.
    const chat = this.fetching.listed ? entry.room.chat : null;
    this.set(entry, { ...entry.room, chat, history: null, participants: null, doubt: 'none' });
  }

  close(): void {
    this.fetching.stop(new ParleyError('ABORTED', 'The client was closed'));
    for (const entry of this.entries) this.#clear(entry);
  }

  #userChanged(userId: string | null): void {
    const before = this.#me;
    this.#me = userId ?? '';
    this.known.clear();
    if (before !== '') this.fetching.stop(new ParleyError('UNAUTHORIZED', 'The session ended'));
    for (const entry of [...this.entries]) {
      if (before === '') entry.room = { ...entry.room, me: this.#me };
      else this.#clear(entry);
      if (before !== '' && !entry.view) this.#entries.delete(entry.room.chatId);
      this.touch(entry);
    }
  }

  #clear(entry: Entry): void {
    this.company.leave(entry);
    if (entry.expiry) clearTimeout(entry.expiry);
    entry.expiry = null;
    entry.expiresAt = Number.POSITIVE_INFINITY;
    entry.unsent = [];
    entry.withMessages = false;
    entry.room = emptyRoom(entry.room.chatId, this.#me);
  }

  #removeSent(entry: Entry): void {
    if (entry.unsent.length === 0) return;
    const { me, history } = entry.room;
    const stored = new Set(
      history?.messages.flatMap(({ sender_id, client_msg_id }) => (sender_id === me ? [client_msg_id] : [])),
    );
    entry.unsent = keepList(
      entry.unsent,
      entry.unsent.filter(({ client_msg_id }) => !stored.has(client_msg_id)),
    );
  }

  /** Changes the room when something of it is over. */
  #watchTime(entry: Entry): void {
    const at = nextEnd(entry.room);
    if (at === entry.expiresAt) return;
    if (entry.expiry) clearTimeout(entry.expiry);
    entry.expiry = null;
    entry.expiresAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    const timer = setTimeout(
      () => {
        entry.expiresAt = Number.POSITIVE_INFINITY;
        this.set(entry, entry.room);
      },
      Math.min(longest, Math.max(0, at - Date.now())),
    );
    entry.expiry = timer;
    // A program that is done with all else need not wait for it.
    if (typeof timer === 'object' && 'unref' in timer) timer.unref();
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
