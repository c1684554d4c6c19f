/**
 * What views show, and for whom: the little that every program has at once. What fills it is the store, which is loaded when a view is
 * used first, or what was kept is to be read.
 */
import type { ChatSummary, Presence } from '@parley/contract';
import { Account, nobody } from '../account/account.ts';
import { ParleyError } from '../errors.ts';
import { unlessAborted } from '../lib/abort.ts';
import type { Chunk } from '../lib/chunk.ts';
import { quiet } from '../lib/deferred.ts';
import { repeat } from '../lib/repeat.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { ChatsApi } from '../procedures.ts';
import type { Realtime } from '../realtime/realtime.ts';
import type { Keeper } from '../sync/keeper.ts';
import type { Timing } from '../timing.ts';
import { Changes } from './changes.ts';
import { Entries } from './entries.ts';
import { Entry } from './entry.ts';
import { keepList } from './same.ts';
import type { Store } from './store.ts';
import { unsentOf } from './unsent.ts';

export interface ViewsParts {
  readonly chats: ChatsApi;
  readonly outbox: Outbox;
  readonly realtime: Realtime;
  readonly store: Chunk<Store>;
  readonly timing: Timing;
  /** The end of the client. */
  readonly closing: AbortSignal;
}

export class Views {
  readonly parts: ViewsParts;
  readonly account: Account;
  readonly entries: Entries;
  /** Of the list of chats. */
  readonly changes = new Changes(() => this.listSnapshot);
  /** What was told on this connection, by user. */
  readonly presence = new Map<string, Presence>();
  keeper: Keeper<Entry | null> | null = null;
  me = '';
  /** Whether all chats are known. */
  complete = false;
  /** Whether somebody has wanted to see something: from then on it is kept in sync. */
  used = false;
  #filled: Promise<Store> | null = null;
  #snapshot: readonly unknown[] = [];

  constructor(parts: ViewsParts) {
    const { outbox, realtime } = parts;
    this.parts = parts;
    this.account = new Account(async () => (await this.filling()).load());
    this.entries = new Entries((chatId) => new Entry(chatId, this.me, this.#unsentOf(chatId)));
    outbox.onChange((chatId) => this.#unsent(chatId));
    realtime.on('presence', (presence) => {
      this.presence.set(presence.user_id, presence);
      this.store?.company.showAll();
    });
    realtime.onStatus((status) => {
      if (status !== 'online') this.presence.clear();
      this.store?.connected(status === 'online');
    });
  }

  /** Null until it was loaded. */
  get store(): Store | null {
    return this.parts.store.now;
  }

  /** Known chats, as they are shown. */
  get chats(): readonly ChatSummary[] {
    return this.entries.chats;
  }

  /** Whether some chats are known and others still come. */
  get hasMore(): boolean {
    return !this.complete && (this.store?.user ?? null) !== null;
  }

  get listSnapshot(): unknown {
    this.#snapshot = keepList(this.#snapshot, [this.chats, this.complete]);
    return this.#snapshot;
  }

  /** Resolves when the store is there, however long that takes; rejects when the client is closed. */
  filled(): Promise<Store> {
    const { store, timing, closing } = this.parts;
    if (!this.#filled) {
      this.#filled = quiet(unlessAborted(store.loaded, closing));
      const patient = { retries: Number.POSITIVE_INFINITY, timing, signal: closing, helps: () => true };
      quiet(repeat(() => store.load(), patient));
    }
    return this.#filled;
  }

  /** Somebody wants to see something. */
  use(): void {
    if (this.used) return;
    this.used = true;
    if (this.store) this.store.used();
    else void this.filled();
  }

  /** The store, for what cannot be done without it. Errors: `NETWORK_ERROR` (it cannot be loaded now), `ABORTED` (closed). */
  async filling(): Promise<Store> {
    this.use();
    return this.store ?? this.parts.store.load();
  }

  /** Does not wait for the next try. */
  hurry(): void {
    if (this.store) this.store.sync.hurry();
    else if (this.#filled) quiet(this.parts.store.load());
  }

  /** Something that is shown of the chat may have changed. */
  touch(entry: Entry): void {
    entry.changes.touch();
    this.changes.touch();
  }

  setDraft(entry: Entry, draft: string): void {
    if (entry.draft === draft) return;
    entry.draft = draft;
    this.keeper?.put(entry.room.chatId, draft || undefined);
    this.touch(entry);
  }

  /** Nothing of a chat is shown any more. */
  release(entry: Entry): void {
    entry.shown = false;
    entry.readBefore = null;
    this.store?.released(entry);
  }

  /** Empties what is held of a chat. */
  clear(entry: Entry): void {
    entry.clear(this.me, this.#unsentOf(entry.room.chatId));
  }

  /** Another user, or nobody. */
  start(userId: string | null): void {
    const before = this.me;
    this.me = userId ?? '';
    this.store?.start(before === '' ? null : new ParleyError('UNAUTHORIZED', 'The session ended'));
    this.complete = false;
    this.account.set(nobody);
    for (const entry of [...this.entries.all]) {
      this.clear(entry);
      if (before !== '') entry.draft = '';
      if (before !== '' && !entry.view) this.entries.delete(entry);
      this.touch(entry);
    }
  }

  /** Resolves when nothing is left to be asked for. */
  async settled(): Promise<void> {
    await (await this.#filled)?.settled();
  }

  close(): void {
    this.store?.close();
    for (const entry of this.entries.all) entry.rest();
  }

  #unsentOf(chatId: string) {
    return unsentOf(this.parts.outbox.items(chatId), this.me);
  }

  #unsent(chatId: string): void {
    const entry = this.entries.find(chatId);
    if (!entry) return;
    entry.unsent = this.#unsentOf(chatId);
    // What an earlier run of the program left may have been stored, and been synced before it was found here.
    this.store?.accept(entry);
    this.touch(entry);
  }
}
