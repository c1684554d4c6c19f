import type { Entry } from './entry.ts';
import { keepList } from './same.ts';
import type { Store } from './store.ts';

/** Who is there and who types: told on the live connection alone, and worth nothing without it. */
export class Company {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Somebody's presence was told. */
  showAll(): void {
    for (const entry of this.#store.entries) if (entry.view) this.show(entry);
  }

  /** `typing` ends by itself: the server that would tell the end may be gone. */
  setTyping(entry: Entry, userId: string, isTyping: boolean): void {
    clearTimeout(entry.typists.get(userId));
    entry.typists.delete(userId);
    if (isTyping) {
      const end = () => this.setTyping(entry, userId, false);
      entry.typists.set(userId, setTimeout(end, this.#store.parts.timing.typingEndsMs));
    }
    entry.typing = keepList(entry.typing, [...entry.typists.keys()]);
    this.#store.touch(entry);
  }

  /** Shows of a chat's members what is known of them. */
  show(entry: Entry): void {
    const members = entry.room.participants;
    const shown = members.flatMap(({ user_id }) => this.#store.views.presence.get(user_id) ?? []);
    const before = Object.values(entry.presence);
    if (keepList(before, shown) === before) return;
    entry.presence = Object.fromEntries(shown.map((presence) => [presence.user_id, presence]));
    this.#store.touch(entry);
  }

  /** Nobody hears of anybody any more. */
  clear(): void {
    for (const entry of this.#store.entries) {
      for (const userId of [...entry.typists.keys()]) this.setTyping(entry, userId, false);
      this.show(entry);
    }
  }
}
