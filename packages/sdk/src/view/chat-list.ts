import type { ChatSummary } from '@parley/contract';
import { unlessAborted } from '../lib/abort.ts';
import { quiet } from '../lib/deferred.ts';
import { type PageOptions, pages } from '../pages.ts';
import type { CallOptions, ChatsApi } from '../procedures.ts';
import type { Views } from './views.ts';

/** The user's chats as they are now: synced by `load`, kept up to date by events. All of it is a snapshot, never changed. */
export class ChatList {
  readonly #views: Views;

  /** @internal Each client has one: `client.chats`. */
  constructor(views: Views) {
    this.#views = views;
  }

  /** Chats that are known, pinned first, then by activity. The same array as long as nothing changed. */
  get all(): readonly ChatSummary[] {
    return this.#views.chats;
  }

  /** Unread messages in all chats that are known, but for those that are muted. Exact once they were loaded. */
  get unread(): number {
    return this.all.reduce((sum, chat) => sum + (chat.is_muted ? 0 : chat.unread_count), 0);
  }

  /** Whether some chats are known and others still come: while the first sync is under way. */
  get hasMore(): boolean {
    return this.#views.hasMore;
  }

  /** One chat, if it is known. */
  find(chatId: string): ChatSummary | undefined {
    return this.#views.entries.find(chatId)?.room.chat ?? undefined;
  }

  /** Calls back after `all` or `hasMore` changed, once for all that changed in one turn; returns what ends that. */
  subscribe(callback: () => void): () => void {
    this.#views.use();
    return this.#views.changes.subscribe(callback);
  }

  /**
   * Syncs all chats; from then on events keep the list up to date. Does nothing where it is. With a live connection it goes on trying
   * after it rejected. The promise may be ignored; the signal only ends the waiting. Errors: those of `sync.changes`, `ABORTED`.
   */
  load({ signal }: CallOptions = {}): Promise<void> {
    return quiet(unlessAborted(this.#load(), signal));
  }

  /** The same as `load`: there are no pages of chats any more. */
  loadMore(): Promise<void> {
    return this.load();
  }

  /** The server's own pages of the list: `for await (const chats of client.chats.pages())`. Errors: those of `chats.list`. */
  async *pages(options?: PageOptions): AsyncGenerator<ChatSummary[], void, undefined> {
    for await (const { chats } of pages(this.#views.parts.chats.list, {}, options)) yield chats;
  }

  async #load(): Promise<void> {
    await (this.#views.store ?? (await this.#views.filling())).load();
  }
}

/** `client.chats`: the procedures, and the view. */
export type Chats = ChatsApi & ChatList;

/** @internal Puts both together. */
export function chatsOf(api: ChatsApi, views: Views): Chats {
  return Object.assign(new ChatList(views), api);
}
