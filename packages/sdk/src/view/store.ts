/**
 * The local truth: rooms by chat, the account, and up to which number of the user's own all is in them. What comes from the server goes
 * through `take` (events) and `apply` (sync); all that changes a room goes through `set`.
 */
import type { OwnChange, PrivacySettings, SyncResult } from '@parley/contract';
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
import { Entry } from './entry.ts';
import { expire, nextEnd } from './expire.ts';
import { fold } from './fold.ts';
import { foldMark } from './fold-messages.ts';
import { trimHistory } from './history.ts';
import { Pager, withoutOldest } from './pager.ts';
import { asking, doubting, emptyRoom, type Numbers, type Room, type RoomEvent, withChat } from './room.ts';
import { keepList } from './same.ts';
import { covers, derive, recounting } from './summary.ts';

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

/** The longest time that a timer can wait, in milliseconds. */
const longest = 0x7fff_ffff;

/** Something of the user's own, and the number that it raised. */
interface Own {
  readonly number: number;
  /** Takes it; false where that is not known but to sync. */
  readonly take: () => boolean;
}

export class Store implements Synced {
  readonly parts: StoreParts;
  readonly sync: Sync;
  readonly pager: Pager;
  readonly company: Company;
  readonly account: Account;
  /** Of the list of chats. */
  readonly changes = new Changes(() => this.listSnapshot);
  keeper: Keeper<Entry | null> | null = null;
  me = '';
  user: number | null = null;
  /** Whether all chats are known. */
  complete = false;
  readonly #entries = new Map<string, Entry>();
  #used = false;
  /** Whether more of the user's own is to come up to the number: then no event can be folded. */
  #partial = false;
  #ahead: Own[] = [];
  #all: readonly NonNullable<Room['chat']>[] = [];
  #snapshot: readonly unknown[] = [];

  constructor(parts: StoreParts) {
    this.parts = parts;
    this.sync = new Sync(this, parts);
    const set = (entry: Entry, room: Room) => this.set(entry, room);
    this.pager = new Pager({ list: parts.api.messages.list, signal: () => this.sync.signal, set });
    this.company = new Company(this);
    this.account = new Account(() => this.load());
    parts.outbox.onChange((chatId) => this.#unsent(chatId));
  }

  /** Whether events are being heard, so that what was synced stays true. */
  get live(): boolean {
    return this.parts.realtime.status === 'online';
  }

  get entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  get members(): Entry[] {
    return [...this.entries].filter(({ room }) => isOpen(room));
  }

  find(chatId: string): Entry | undefined {
    return this.#entries.get(chatId.toLowerCase());
  }

  entry(chatId: string): Entry {
    const key = chatId.toLowerCase();
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = new Entry(emptyRoom(key, this.me));
      entry.unsent = this.parts.outbox.items(key);
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
    if (!fresh) await this.sync.everything(false);
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

  /** Takes what raised the user's own number, in the order of these. `take` says whether it was all. */
  takeOwn(number: number, take: () => boolean): void {
    if (this.user === null || number <= this.user || this.#ahead.some((own) => own.number === number)) return;
    this.#ahead.push({ number, take });
    this.#ahead.sort((a, b) => a.number - b.number);
    this.#goOn();
  }

  /** What the user did to a message. True: all of it is in the room, or is asked for by it. */
  mark(chatId: string, messageId: string, mark: 'hidden' | 'starred' | 'not starred'): true {
    const entry = this.find(chatId);
    if (!entry) return true;
    const room = derive(foldMark(entry.room, messageId, mark));
    this.set(entry, mark === 'hidden' && room.chat && !covers(room) ? recounting(room) : room);
    return true;
  }

  apply({ user, chats, has_more: more }: SyncResult, from: ReadonlyMap<Entry, Numbers>): Entry[] {
    const now = Date.now();
    const before = user.reset ? -1 : (this.user ?? -1);
    const own = user.version >= before;
    if (user.reset) this.account.set(nobody);
    for (const change of user.changes) if (change.version > before) this.#takeChange(change);
    const fresh = new Set(user.changes.flatMap((change) => (change.kind === 'chat' ? [change.chat_id] : [])));
    const touched = chats.map((told) => {
      const entry = this.entry(told.chat_id);
      if (told.removed && !told.chat) this.remove(entry);
      else
        this.set(
          entry,
          adopt(entry.room, told, {
            from: from.get(entry) ?? null,
            isNew: fresh.has(told.chat_id),
            own,
            more,
            now,
          }),
        );
      return entry;
    });
    this.user = Math.max(before, user.version);
    this.#partial = more;
    this.#goOn();
    this.keeper?.touch(null);
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
    this.#watchTime(entry);
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
    if (!entry.view) this.#entries.delete(entry.room.chatId);
    this.touch(entry);
  }

  /** Nothing is shown any more: keeps a little. */
  release(entry: Entry): void {
    entry.shown = false;
    entry.readBefore = null;
    // Those released last come last.
    this.#entries.delete(entry.room.chatId);
    this.#entries.set(entry.room.chatId, entry);
    this.set(entry, trimHistory(entry.room, keptMessages));
    this.prune();
  }

  /** Lets go of messages that nobody shows, beyond those that are kept. */
  prune(): void {
    const idle = [...this.entries].filter(({ shown, room }) => !shown && room.history);
    let left = keptInAll;
    for (const entry of idle.reverse()) {
      left -= entry.room.history?.messages.length ?? 0;
      if (left < 0) this.set(entry, { ...entry.room, history: null });
    }
  }

  /** What was kept. */
  restore(user: number | null, complete: boolean, account: AccountState | undefined): void {
    this.user = user;
    this.complete = complete;
    this.#partial = true;
    if (account) this.account.set(account);
    this.use();
  }

  setDraft(entry: Entry, draft: string): void {
    if (entry.draft === draft) return;
    entry.draft = draft;
    this.keeper?.touch(entry);
    this.touch(entry);
  }

  /** Another user, or nobody. */
  start(userId: string | null): void {
    const before = this.me;
    this.me = userId ?? '';
    this.parts.known.clear();
    if (before !== '') this.sync.stop(new ParleyError('UNAUTHORIZED', 'The session ended'));
    this.user = null;
    this.complete = false;
    this.#partial = false;
    this.#ahead = [];
    this.account.set(nobody);
    for (const entry of [...this.entries]) {
      this.#clear(entry);
      if (before !== '' && !entry.view) this.#entries.delete(entry.room.chatId);
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

  #goOn(): void {
    let first = this.#ahead[0];
    for (; first && !this.#partial && first.number <= (this.user ?? 0) + 1; first = this.#ahead[0]) {
      if (first.number > (this.user ?? 0)) {
        if (!first.take()) break;
        this.user = first.number;
        this.keeper?.touch(null);
      }
      this.#ahead.shift();
    }
    this.sync.consider(null, first ? 'now' : 'none');
  }

  #takeChange(change: OwnChange): void {
    if (change.kind === 'star') {
      this.mark(change.chat_id, change.message_id, change.is_starred ? 'starred' : 'not starred');
    } else if (change.kind === 'hide') {
      const entry = this.find(change.chat_id);
      // The chat is told of with its counts.
      if (entry) this.set(entry, derive(foldMark(entry.room, change.message_id, 'hidden')));
    } else if (change.kind === 'chat_own') {
      const entry = this.find(change.chat_id);
      const { is_muted, mute_until, is_pinned } = change;
      if (entry) this.set(entry, withChat(entry.room, { is_muted, mute_until, is_pinned }));
    } else if (change.kind === 'privacy') this.setPrivacy(change.privacy);
    else this.account.take(change);
  }

  /** With `read_receipts` what others have read in direct chats is shown from now on, or is not any more. */
  setPrivacy(privacy: PrivacySettings): void {
    const reads = this.account.privacy?.read_receipts;
    this.account.set({ privacy });
    if (reads === undefined || reads === privacy.read_receipts) return;
    for (const entry of this.members) {
      if (entry.room.chat?.type === 'direct')
        this.set(entry, asking(entry.room, { state_version: 0 }, 'now'));
    }
  }

  #clear(entry: Entry): void {
    this.company.leave(entry);
    clearTimeout(entry.expiry);
    entry.expiresAt = Number.POSITIVE_INFINITY;
    entry.readBefore = null;
    entry.draft = '';
    entry.unsent = this.parts.outbox.items(entry.room.chatId);
    entry.room = emptyRoom(entry.room.chatId, this.me);
  }

  #unsent(chatId: string): void {
    const entry = this.find(chatId);
    if (!entry) return;
    entry.unsent = this.parts.outbox.items(chatId);
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

  /** Changes the room when something of it is over. */
  #watchTime(entry: Entry): void {
    const at = nextEnd(entry.room);
    if (at === entry.expiresAt) return;
    clearTimeout(entry.expiry);
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
