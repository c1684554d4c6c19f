import type { ChatSummary } from '@parley/contract';
import type { ChatsApi } from '../procedures.ts';
import type { Store } from './store.ts';

/** The user's chats as they are now: fetched by `load`, kept up to date by events. All of it is a snapshot, never changed. */
export class ChatList {
  readonly #store: Store;

  /** @internal Each client has one: `client.chats`. */
  constructor(store: Store) {
    this.#store = store;
  }

  /** Chats that are known, pinned first, then by activity. The same array as long as nothing changed. */
  get all(): readonly ChatSummary[] {
    return this.#store.chats;
  }

  /** Whether there are chats that `loadMore` would fetch. */
  get hasMore(): boolean {
    return this.#store.fetching.hasMore;
  }

  /** One chat, if it is known. */
  find(chatId: string): ChatSummary | undefined {
    return this.#store.find(chatId)?.room.chat ?? undefined;
  }

  /** Calls back after `all` or `hasMore` changed, once for all that changed in one turn; returns what ends that. */
  subscribe(callback: () => void): () => void {
    return this.#store.changes.subscribe(callback);
  }

  /**
   * Fetches the first chats (20, or as many as were fetched before); from then on events keep the list up to date. Does nothing
   * where it is up to date. Errors: those of `chats.list`.
   */
  async load(): Promise<void> {
    const { fetching, live } = this.#store;
    if (fetching.listed && live) return;
    await fetching.reload();
  }

  /** Fetches the next chats: 20, or `limit` ≤ 100. Does nothing where there are none. Errors: those of `chats.list`. */
  loadMore(limit?: number): Promise<void> {
    return this.#store.fetching.more(limit);
  }
}

/** `client.chats`: the procedures, and the view. */
export type Chats = ChatsApi & ChatList;

/** @internal Puts both together. */
export function chatsOf(api: ChatsApi, store: Store): Chats {
  return Object.assign(new ChatList(store), api);
}
