/**
 * Who was removed from which chat lately. Whoever was told of their removal gets nothing of the chat any more, also of what
 * was on its way: a message whose receivers were noted before the removal may come here after it.
 */
import { LRUCache } from 'lru-cache';
import type { Frame } from '../frame.ts';

interface Note {
  /** The chat's `state_version` of this coming or going: the latest counts, in whatever order they arrive. */
  version: number;
  gone: boolean;
}

/** Members of all chats that are remembered, and for how long in milliseconds: longer than anything is on its way. */
const maxNotes = 20_000;
const rememberMs = 10 * 60_000;

const chatPattern = /"chat_id":"([^"]+)"/;

export class Departures {
  readonly #chats = new LRUCache<string, Map<string, Note>>({ maxSize: maxNotes, ttl: rememberMs });

  left(chatId: string, userId: string, version: number): void {
    this.#note(chatId, userId, { version, gone: true });
  }

  joined(chatId: string, userId: string, version: number): void {
    this.#note(chatId, userId, { version, gone: false });
  }

  /** Those of the users who may get the frame: what carries a `user_version` is a user's own, whoever is in the chat. */
  present(userIds: string[], frame: Frame): string[] {
    if (this.#chats.size === 0) return userIds;
    const chatId = chatPattern.exec(frame.json)?.[1];
    const notes = chatId === undefined ? undefined : this.#chats.get(chatId);
    // Inside a text the quotes would be escaped.
    if (!notes || frame.json.includes('"user_version":')) return userIds;
    return userIds.filter((userId) => notes.get(userId)?.gone !== true);
  }

  #note(chatId: string, userId: string, note: Note): void {
    const notes = new Map(this.#chats.get(chatId));
    const known = notes.get(userId);
    if (known && known.version >= note.version) return;
    // The cache takes note of a new size only with a new value.
    notes.set(userId, note);
    this.#chats.set(chatId, notes, { size: notes.size });
  }
}
