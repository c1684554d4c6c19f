import type { ChatSummary } from '@parley/contract';
import type { Entry } from './entry.ts';
import { keepList } from './same.ts';

/** What is held of each chat, by id. */
export class Entries {
  readonly #make: (chatId: string) => Entry;
  readonly #entries = new Map<string, Entry>();
  #chats: readonly ChatSummary[] = [];

  constructor(make: (chatId: string) => Entry) {
    this.#make = make;
  }

  get all(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  find(chatId: string): Entry | undefined {
    return this.#entries.get(chatId.toLowerCase());
  }

  get(chatId: string): Entry {
    const entry = this.find(chatId) ?? this.#make(chatId.toLowerCase());
    this.#entries.set(entry.room.chatId, entry);
    return entry;
  }

  delete(entry: Entry): void {
    this.#entries.delete(entry.room.chatId);
  }

  /** Those that were shown last come last. */
  moveLast(entry: Entry): void {
    this.delete(entry);
    this.#entries.set(entry.room.chatId, entry);
  }

  /** Known chats, pinned first, then by activity, as the server sorts them. */
  get chats(): readonly ChatSummary[] {
    const known = [...this.all].flatMap(({ room }) => room.chat ?? []);
    known.sort(
      (a, b) =>
        Number(b.is_pinned) - Number(a.is_pinned) ||
        compare(b.updated_at, a.updated_at) ||
        compare(a.chat_id, b.chat_id),
    );
    this.#chats = keepList(this.#chats, known);
    return this.#chats;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
