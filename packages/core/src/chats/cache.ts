/**
 * Chats with their members, kept in process for a few seconds: every send needs them. An entry is never used longer than
 * `maxAgeMs`, so a removal or a block is felt within that time even where no invalidation arrives.
 *
 * While the store is away nobody can change who belongs to a chat, so what was known last is used a little longer: people
 * go on talking in chats that are in use (HLD 13.1). The bound keeps an instance that alone cannot reach the store from
 * trusting what it knows for long.
 */
import { LRUCache } from 'lru-cache';
import { isUnavailable } from '../error.ts';
import { BatchLoader } from '../lib/batcher.ts';
import type { ChatRecord, ChatStore } from '../ports/stores.ts';

interface Entry {
  chat: ChatRecord;
  /** In milliseconds. */
  loadedAt: number;
}

/** So long after a failed look-up nobody waits for another one, in milliseconds. */
const awayMs = 1_000;
/** How long a chat is used, in milliseconds, that cannot be loaded again. */
const maxAgeInOutageMs = 60_000;

export class ChatCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #loader: BatchLoader<string, ChatRecord>;
  /** Until then the store counts as away, because a look-up has failed. */
  #awayUntil = Number.NEGATIVE_INFINITY;
  /** Counts what was invalidated: a look-up that began before must not bring it back. */
  #invalidations = 0;

  constructor(
    store: Pick<ChatStore, 'find'>,
    options: { maxAgeMs?: number; maxEntries?: number; now?: () => number } = {},
  ) {
    this.#maxAgeMs = options.maxAgeMs ?? 3_000;
    this.#now = options.now ?? (() => performance.now());
    this.#entries = new LRUCache({ max: options.maxEntries ?? 20_000 });
    this.#loader = new BatchLoader((ids) => store.find(ids));
  }

  /** The chat as of at most a few seconds ago; as it was last known while the store is away. */
  async get(chatId: string): Promise<ChatRecord | undefined> {
    const known = this.#entries.get(chatId);
    const age = known ? this.#now() - known.loadedAt : Number.POSITIVE_INFINITY;
    if (known && age < this.#maxAgeMs) return known.chat;
    if (!known || age >= maxAgeInOutageMs) return this.#load(chatId);
    const loading = this.#load(chatId);
    // Nobody waits for a store that is known to be away; asking goes on, so that its return is noticed.
    if (this.#now() < this.#awayUntil) {
      loading.catch(() => undefined);
      return known.chat;
    }
    return loading.catch((error) => {
      if (isUnavailable(error)) return known.chat;
      throw error;
    });
  }

  /** The chat as it is now. */
  async fresh(chatId: string): Promise<ChatRecord | undefined> {
    return this.#load(chatId);
  }

  /** The chat if it is cached: for paths that must not wait. */
  peek(chatId: string): ChatRecord | undefined {
    const known = this.#entries.peek(chatId);
    return known && this.#now() - known.loadedAt < this.#maxAgeMs ? known.chat : undefined;
  }

  invalidate(chatId: string): void {
    this.#entries.delete(chatId);
    this.#invalidations++;
  }

  /** What is cached may be old: invalidations were missed. */
  clear(): void {
    this.#entries.clear();
    this.#invalidations++;
  }

  async #load(chatId: string): Promise<ChatRecord | undefined> {
    const { chat, current } = await this.#look(chatId);
    if (!current) return chat;
    if (chat) this.#entries.set(chatId, { chat, loadedAt: this.#now() });
    else this.#entries.delete(chatId);
    return chat;
  }

  /** `current` is false where something was invalidated meanwhile. */
  async #look(chatId: string): Promise<{ chat: ChatRecord | undefined; current: boolean }> {
    const before = this.#invalidations;
    try {
      const chat = await this.#loader.load(chatId);
      this.#awayUntil = Number.NEGATIVE_INFINITY;
      return { chat, current: this.#invalidations === before };
    } catch (error) {
      if (isUnavailable(error)) this.#awayUntil = this.#now() + awayMs;
      throw error;
    }
  }
}
