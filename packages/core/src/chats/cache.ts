/**
 * Chats with their members, kept in process for a few seconds: every send needs them. An entry never lives longer than
 * `maxAgeMs`, so a removal or a block is felt within that time even where no invalidation arrives.
 */
import { LRUCache } from 'lru-cache';
import { BatchLoader } from '../lib/batcher.ts';
import type { ChatRecord, ChatStore } from '../ports/stores.ts';

export class ChatCache {
  readonly #entries: LRUCache<string, ChatRecord>;
  readonly #loader: BatchLoader<string, ChatRecord>;

  constructor(store: Pick<ChatStore, 'find'>, options: { maxAgeMs?: number; maxEntries?: number } = {}) {
    this.#entries = new LRUCache({ max: options.maxEntries ?? 20_000, ttl: options.maxAgeMs ?? 3_000 });
    this.#loader = new BatchLoader((ids) => store.find(ids));
  }

  /** The chat as of at most a few seconds ago. */
  async get(chatId: string): Promise<ChatRecord | undefined> {
    const known = this.#entries.get(chatId);
    if (known) return known;
    const chat = await this.#loader.load(chatId);
    if (chat) this.#entries.set(chatId, chat);
    return chat;
  }

  /** The chat as it is now. */
  async fresh(chatId: string): Promise<ChatRecord | undefined> {
    this.invalidate(chatId);
    return this.get(chatId);
  }

  /** The chat if it is cached: for paths that must not wait. */
  peek(chatId: string): ChatRecord | undefined {
    return this.#entries.get(chatId);
  }

  invalidate(chatId: string): void {
    this.#entries.delete(chatId);
  }
}
