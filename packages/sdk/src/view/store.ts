/**
 * The local truth: rooms by chat, the account, and up to which number of the user's own all is in them. What comes from the server goes
 * through `take` (events) and `apply` (sync); all that changes a room goes through `set`. It is loaded when a view is used first, or what
 * was kept is to be read; what there is before is in `Views`.
 */
import type { SyncResult } from '@parley/contract';
import type { Account, AccountState } from '../account/account.ts';
import { ParleyError } from '../errors.ts';
import type { KnownMedia } from '../media/known.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { MessagesApi } from '../procedures.ts';
import type { Realtime } from '../realtime/realtime.ts';
import { adopt, confirm } from '../sync/adopt.ts';
import { Keeper, type KeeperParts } from '../sync/keeper.ts';
import { keepingOf } from '../sync/keeping.ts';
import { isOpen, Sync, type Synced, type SyncParts } from '../sync/sync.ts';
import { answered } from './answered.ts';
import { doubting } from './changed-room.ts';
import { Company } from './company.ts';
import type { Entry } from './entry.ts';
import { expire, watchTime } from './expire.ts';
import { fold } from './fold.ts';
import { trimHistory } from './history.ts';
import { listen } from './intake.ts';
import { Own } from './own.ts';
import { Pager, withoutOldest } from './pager.ts';
import { markRead, show } from './reading.ts';
import type { Numbers, Room, RoomEvent } from './room.ts';
import type { Views } from './views.ts';

export interface StoreParts extends SyncParts {
  readonly messages: MessagesApi;
  readonly realtime: Realtime;
  readonly outbox: Outbox;
  /** What was said of files of late. */
  readonly known: KnownMedia;
}

/** Messages that are kept of a chat that nobody shows, and of all such chats together. */
export const keptMessages = 200;
const keptInAll = 5000;

/** The store, which hears of events from now on. */
export function openStore(views: Views, parts: StoreParts): Store {
  const store = new Store(views, parts);
  listen(store, parts.realtime);
  if (views.used) store.used();
  return store;
}

export class Store implements Synced {
  readonly views: Views;
  readonly parts: StoreParts;
  readonly sync: Sync;
  readonly pager: Pager;
  readonly company: Company;
  readonly own: Own;

  constructor(views: Views, parts: StoreParts) {
    this.views = views;
    this.parts = parts;
    this.sync = new Sync(this, parts);
    const set = (entry: Entry, room: Room) => this.set(entry, room);
    this.pager = new Pager({ list: parts.messages.list, signal: () => this.sync.signal, set });
    this.company = new Company(this);
    this.own = new Own(this);
  }

  get account(): Account {
    return this.views.account;
  }

  get me(): string {
    return this.views.me;
  }

  get keeper(): Keeper<Entry | null> | null {
    return this.views.keeper;
  }

  /** Whether all chats are known. */
  get complete(): boolean {
    return this.views.complete;
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
    return this.views.entries.all;
  }

  get members(): Entry[] {
    return [...this.entries].filter(({ room }) => isOpen(room));
  }

  find(chatId: string): Entry | undefined {
    return this.views.entries.find(chatId);
  }

  entry(chatId: string): Entry {
    return this.views.entries.get(chatId);
  }

  /** Somebody wants to see something. */
  used(): void {
    if (this.live) void this.sync.everything(true);
  }

  /** There is a connection again, and whatever was missed is asked for; or there is none any more. */
  connected(is: boolean): void {
    if (is) {
      if (this.views.used) void this.sync.everything(true);
      this.sync.hurry();
    } else this.company.clear();
  }

  /** Syncs all, unless it is in sync and hears of every change. */
  async load(): Promise<void> {
    const fresh = this.views.used && this.live && this.complete;
    this.views.use();
    await (fresh ? this.sync.underway : this.sync.everything(false));
  }

  /** Syncs one chat; all, where that was not done yet. Errors: `CHAT_NOT_FOUND`. */
  async loadChat(entry: Entry): Promise<void> {
    if (!this.complete || !this.live) await (this.complete ? this.sync.chat(entry) : this.load());
    else if (entry.room.doubt !== 'none') await this.sync.chat(entry);
    if (!entry.room.chat) await this.sync.chat(entry);
    if (!entry.room.chat) throw new ParleyError('CHAT_NOT_FOUND');
  }

  /** Syncs a chat, and has its newest messages. */
  show(entry: Entry): Promise<void> {
    return show(this, entry);
  }

  /** Reads the messages that are held, or those up to one. */
  markRead(entry: Entry, upToMessageId: string | undefined): Promise<void> {
    return markRead(this, entry, upToMessageId);
  }

  /** What a call of the user's has answered. */
  answered(path: string, input: unknown, output: unknown): void {
    answered(this, path, input, output);
  }

  /** Resolves when nothing is left to be asked for. */
  async settled(): Promise<void> {
    // What nobody was told of (positions that others moved) shows in the numbers alone.
    if (this.views.used && this.live) await this.sync.everything(true).catch(() => {});
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
    this.views.complete = true;
    this.keeper?.touch(null);
    this.views.changes.touch();
    this.prune();
  }

  /** Replaces a room, tells of it, and has it synced where something is missing. */
  set(entry: Entry, room: Room): void {
    const { shown } = entry;
    let next = expire(room, Date.now());
    const { history } = next;
    if (!shown && (history?.messages.length ?? 0) > 2 * keptMessages) next = trimHistory(next, keptMessages);
    else if (history?.newer === false) {
      const held = withoutOldest(history);
      if (held !== history) next = { ...next, history: held };
    }
    const before = entry.room;
    entry.room = next;
    if (next.history !== before.history) this.accept(entry);
    watchTime(entry, () => this.set(entry, entry.room));
    this.company.show(entry);
    this.touch(entry);
    this.keeper?.touch(entry);
    this.sync.consider(entry, next.chat ? next.doubt : 'none');
  }

  /** Something that is shown of the chat may have changed. */
  touch(entry: Entry): void {
    this.views.touch(entry);
  }

  /** Has the chat synced. */
  doubt(entry: Entry): void {
    if (entry.room.chat) this.set(entry, doubting(entry.room, 'now'));
  }

  /** Lets go of a chat that is none of the user's; who shows it sees it empty. */
  remove(entry: Entry): void {
    this.sync.forget(entry);
    this.views.clear(entry);
    this.keeper?.touch(entry);
    if (!entry.view) this.views.entries.delete(entry);
    this.touch(entry);
  }

  /** Nothing of it is shown any more: keeps a little. */
  released(entry: Entry): void {
    // Those released last come last.
    this.views.entries.moveLast(entry);
    this.set(entry, trimHistory(entry.room, keptMessages));
    this.prune();
  }

  /** Lets go of messages that nobody shows, beyond those that are kept: of the chats that were shown last they stay. */
  prune(): void {
    let left = keptInAll;
    const idle = [...this.entries].filter(({ shown, room }) => !shown && room.history).reverse();
    for (const entry of idle) {
      left -= entry.room.history?.messages.length ?? 0;
      if (left < 0) this.set(entry, { ...entry.room, history: null });
    }
  }

  /** Keeps what is held in an account's records, and reads what was kept there. */
  keep(parts: KeeperParts, account: string): Keeper<Entry | null> {
    return new Keeper(parts, keepingOf(this), account);
  }

  /** What was kept. */
  restore(user: number | null, complete: boolean, account: AccountState | undefined): void {
    this.own.restore(user);
    this.views.complete = complete;
    if (account) this.account.set(account);
    this.views.use();
  }

  /** Another user, or nobody; `reason` ends what was begun for the one before. */
  start(reason: ParleyError | null): void {
    if (reason) this.sync.stop(reason);
    this.own.clear();
  }

  close(): void {
    this.sync.stop(new ParleyError('ABORTED', 'The client was closed'));
  }

  /** Messages on their way that are stored now. */
  accept({ unsent, room }: Entry): void {
    if (unsent.length === 0) return;
    const waiting = new Set(unsent.map(({ client_msg_id }) => client_msg_id));
    for (const { sender_id, client_msg_id } of room.history?.messages ?? []) {
      if (sender_id === room.me && waiting.has(client_msg_id)) this.parts.outbox.accepted(client_msg_id);
    }
  }
}
