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
  /** In milliseconds. */
  at: number;
}

/** Members of all chats that are remembered, and for how long in milliseconds: longer than anything is on its way. */
const maxNotes = 20_000;
const rememberMs = 10 * 60_000;

const chatPattern = /"chat_id":"([^"]+)"/;
const userPattern = /"user_id":"([^"]+)"/;

export class Departures {
  readonly #chats = new LRUCache<string, Map<string, Note>>({ maxSize: maxNotes, ttl: rememberMs });

  readonly #since: (userId: string) => number;
  readonly #now: () => number;

  /**
   * `since` says when the earliest of a user's sessions here began: this instance hears of comings and goings only while there is one, so
   * what it noted before that does not count.
   */
  constructor(since: (userId: string) => number, now: () => number) {
    this.#since = since;
    this.#now = now;
  }

  left(chatId: string, userId: string, version: number): void {
    this.#note(chatId, userId, { version, gone: true, at: this.#now() });
  }

  joined(chatId: string, userId: string, version: number): void {
    this.#note(chatId, userId, { version, gone: false, at: this.#now() });
  }

  /** Those of the users who may get the frame: what carries a `user_version` is a user's own, whoever is in the chat. */
  present(userIds: string[], frame: Frame): string[] {
    if (this.#chats.size === 0) return userIds;
    const chatId = chatPattern.exec(frame.json)?.[1];
    const notes = chatId === undefined ? undefined : this.#chats.get(chatId);
    // Inside a text the quotes would be escaped.
    if (!notes || frame.json.includes('"user_version":')) return userIds;
    // Who left may still read what it sees, and its other devices hear of that.
    const reader = frame.event === 'message.status' ? userPattern.exec(frame.json)?.[1] : undefined;
    return userIds.filter((userId) => {
      if (userId === reader) return true;
      const note = notes.get(userId);
      return note?.gone !== true || note.at < this.#since(userId);
    });
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
