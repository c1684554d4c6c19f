/**
 * The local truth: rooms by chat, the account, and up to which number of the user's own all is in them. What comes from the server goes
 * through `take` (events) and `apply` (sync); all that changes a room goes through `set`.
 */
import type { ChatSummary, SyncResult } from '@parley/contract';
import { Account, type AccountState, nobody } from '../account/account.ts';
import { ParleyError } from '../errors.ts';
import type { KnownMedia } from '../media/known.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { ChatsApi, MessagesApi } from '../procedures.ts';
import type { Realtime } from '../realtime/realtime.ts';
import { adopt, confirm } from '../sync/adopt.ts';
import type { Keeper } from '../sync/keeper.ts';
import { isOpen, Sync, type Synced, type SyncParts } from '../sync/sync.ts';
import { Changes } from './changes.ts';
import { Company } from './company.ts';
import { Entries } from './entries.ts';
import { Entry } from './entry.ts';
import { expire, watchTime } from './expire.ts';
import { fold } from './fold.ts';
import { trimHistory } from './history.ts';
import { Own } from './own.ts';
import { Pager, withoutOldest } from './pager.ts';
import { doubting, emptyRoom, type Numbers, type Room, type RoomEvent } from './room.ts';
import { keepList } from './same.ts';
import { type UnsentMessage, unsentOf } from './unsent.ts';

export interface StoreParts extends SyncParts {
  readonly api: { readonly chats: ChatsApi; readonly messages: MessagesApi };
  readonly realtime: Realtime;
  readonly outbox: Outbox;
  /** What was said of files of late. */
  readonly known: KnownMedia;
}

/** Messages that are kept of a chat that nobody shows, and of all such chats together. */
export const keptMessages = 200;
const keptInAll = 5000;

export class Store implements Synced {
  readonly parts: StoreParts;
  readonly sync: Sync;
  readonly pager: Pager;
  readonly company: Company;
  readonly account: Account;
  readonly own: Own;
  /** Of the list of chats. */
  readonly changes = new Changes(() => this.listSnapshot);
  keeper: Keeper<Entry | null> | null = null;
  me = '';
  /** Whether all chats are known. */
  complete = false;
  readonly #entries: Entries;
  #used = false;
  #snapshot: readonly unknown[] = [];

  constructor(parts: StoreParts) {
    this.parts = parts;
    this.sync = new Sync(this, parts);
    const set = (entry: Entry, room: Room) => this.set(entry, room);
    this.pager = new Pager({ list: parts.api.messages.list, signal: () => this.sync.signal, set });
    this.company = new Company(this);
    this.account = new Account(() => this.load());
    this.own = new Own(this);
    this.#entries = new Entries((chatId) => this.#made(chatId));
    parts.outbox.onChange((chatId) => this.#unsent(chatId));
  }

  /** Up to which all that is the user's own was folded; null before the first sync. */
  get user(): number | null {
    return this.own.number;
  }

  /** Whether events are being heard, so that what was synced stays true. */
  get live(): boolean {
    return this.parts.realtime.status === 'online';
  }

  get entries(): IterableIterator<Entry> {
    return this.#entries.all;
  }

  get members(): Entry[] {
    return [...this.entries].filter(({ room }) => isOpen(room));
  }

  find(chatId: string): Entry | undefined {
    return this.#entries.find(chatId);
  }

  entry(chatId: string): Entry {
    return this.#entries.get(chatId);
  }

  /** Known chats, as they are shown. */
  get chats(): readonly ChatSummary[] {
    return this.#entries.chats;
  }

  get listSnapshot(): unknown {
    this.#snapshot = keepList(this.#snapshot, [this.chats, this.complete]);
    return this.#snapshot;
  }

  /** Somebody wants to see something: from now on it is kept in sync. */
  use(): void {
    if (this.#used) return;
    this.#used = true;
    if (this.live) void this.sync.everything(true);
  }

  /** There is a connection again: whatever was missed is asked for. */
  connected(): void {
    if (this.#used) void this.sync.everything(true);
    this.sync.hurry();
  }

  /** Syncs all, unless it is in sync and hears of every change. */
  async load(): Promise<void> {
    const fresh = this.#used && this.live && this.complete;
    this.use();
    await (fresh ? this.sync.underway : this.sync.everything(false));
  }

  /** Syncs one chat; all, where that was not done yet. Errors: `CHAT_NOT_FOUND`. */
  async loadChat(entry: Entry): Promise<void> {
    if (!this.complete || !this.live) await (this.complete ? this.sync.chat(entry) : this.load());
    else if (entry.room.doubt !== 'none') await this.sync.chat(entry);
    if (!entry.room.chat) await this.sync.chat(entry);
    if (!entry.room.chat) throw new ParleyError('CHAT_NOT_FOUND');
  }

  /** Resolves when nothing is left to be asked for. */
  async settled(): Promise<void> {
    // What nobody was told of (positions that others moved) shows in the numbers alone.
    if (this.#used && this.live) await this.sync.everything(true).catch(() => {});
    while ((await this.sync.settled()) || (await this.pager.settled())) {}
  }

  /** Folds an event into its chat. */
  take(chatId: string, event: RoomEvent): void {
    const entry = this.find(chatId);
    if (entry?.room.chat) this.set(entry, fold(entry.room, event, Date.now()));
    // One of a chat that is new: what is the user's own tells of it.
    else if (this.complete && event.type !== 'message.status') this.sync.consider(null, 'now');
  }

  apply({ user, chats, has_more: more }: SyncResult, from: ReadonlyMap<Entry, Numbers>): Entry[] {
    const now = Date.now();
    const { own, fresh } = this.own.apply(user);
    const touched = chats.map((told) => {
      const entry = this.entry(told.chat_id);
      const asked = { from: from.get(entry) ?? null, isNew: fresh.has(told.chat_id), own, more, now };
      if (told.removed && !told.chat) this.remove(entry);
      else this.set(entry, adopt(entry.room, told, asked));
      return entry;
    });
    this.own.applied(more);
    return touched;
  }

  confirm(entry: Entry, from: Numbers): void {
    this.set(entry, confirm(entry.room, from, Date.now()));
  }

  completed(): void {
    this.complete = true;
    this.keeper?.touch(null);
    this.changes.touch();
    this.prune();
  }

  /** Replaces a room, tells of it, and has it synced where something is missing. */
  set(entry: Entry, room: Room): void {
    const { shown } = entry;
    let next = expire(room, Date.now());
    const { history } = next;
    if (!shown && (history?.messages.length ?? 0) > 2 * keptMessages) next = trimHistory(next, keptMessages);
    else if (history?.newer.length === 0) {
      const held = withoutOldest(history);
      if (held !== history) next = { ...next, history: held };
    }
    const before = entry.room;
    entry.room = next;
    if (next.history !== before.history) this.#accept(entry);
    watchTime(entry, () => this.set(entry, entry.room));
    this.company.show(entry);
    this.touch(entry);
    this.keeper?.touch(entry);
    this.sync.consider(entry, next.chat ? next.doubt : 'none');
  }

  /** Something that is shown of the chat may have changed. */
  touch(entry: Entry): void {
    entry.changes.touch();
    this.changes.touch();
  }

  /** Has the chat synced. */
  doubt(entry: Entry): void {
    if (entry.room.chat) this.set(entry, doubting(entry.room, 'now'));
  }

  /** Lets go of a chat that is none of the user's; who shows it sees it empty. */
  remove(entry: Entry): void {
    this.sync.forget(entry);
    this.#clear(entry);
    this.keeper?.touch(entry);
    if (!entry.view) this.#entries.delete(entry);
    this.touch(entry);
  }

  /** Nothing is shown any more: keeps a little. */
  release(entry: Entry): void {
    entry.shown = false;
    entry.readBefore = null;
    // Those released last come last.
    this.#entries.moveLast(entry);
    this.set(entry, trimHistory(entry.room, keptMessages));
    this.prune();
  }

  /** Lets go of messages that nobody shows, beyond those that are kept. */
  prune(): void {
    for (const entry of this.#entries.idle(keptInAll)) this.set(entry, { ...entry.room, history: null });
  }

  /** What was kept. */
  restore(user: number | null, complete: boolean, account: AccountState | undefined): void {
    this.own.restore(user);
    this.complete = complete;
    if (account) this.account.set(account);
    this.use();
  }

  setDraft(entry: Entry, draft: string): void {
    if (entry.draft === draft) return;
    entry.draft = draft;
    this.keeper?.put(entry.room.chatId, draft || undefined);
    this.touch(entry);
  }

  /** Another user, or nobody. */
  start(userId: string | null): void {
    const before = this.me;
    this.me = userId ?? '';
    this.parts.known.clear();
    if (before !== '') this.sync.stop(new ParleyError('UNAUTHORIZED', 'The session ended'));
    this.own.clear();
    this.complete = false;
    this.account.set(nobody);
    for (const entry of [...this.entries]) {
      this.#clear(entry);
      if (before !== '') entry.draft = '';
      if (before !== '' && !entry.view) this.#entries.delete(entry);
      this.touch(entry);
    }
  }

  close(): void {
    this.sync.stop(new ParleyError('ABORTED', 'The client was closed'));
    for (const entry of this.entries) {
      this.company.leave(entry);
      clearTimeout(entry.expiry);
    }
  }

  #made(chatId: string): Entry {
    const entry = new Entry(emptyRoom(chatId, this.me));
    entry.unsent = this.#unsentOf(chatId);
    return entry;
  }

  #clear(entry: Entry): void {
    this.company.leave(entry);
    clearTimeout(entry.expiry);
    entry.expiresAt = Number.POSITIVE_INFINITY;
    entry.readBefore = null;
    entry.unsent = this.#unsentOf(entry.room.chatId);
    entry.room = emptyRoom(entry.room.chatId, this.me);
  }

  #unsentOf(chatId: string): readonly UnsentMessage[] {
    return unsentOf(this.parts.outbox.items(chatId), this.me);
  }

  #unsent(chatId: string): void {
    const entry = this.find(chatId);
    if (!entry) return;
    entry.unsent = this.#unsentOf(chatId);
    // What an earlier run of the program left may have been stored, and been synced before it was found here.
    this.#accept(entry);
    this.touch(entry);
  }

  /** Messages on their way that are stored now. */
  #accept({ unsent, room }: Entry): void {
    if (unsent.length === 0) return;
    const waiting = new Set(unsent.map(({ client_msg_id }) => client_msg_id));
    for (const { sender_id, client_msg_id } of room.history?.messages ?? []) {
      if (sender_id === room.me && waiting.has(client_msg_id)) this.parts.outbox.accepted(client_msg_id);
    }
  }
}
