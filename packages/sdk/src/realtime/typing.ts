import type { Timing } from '../timing.ts';
import type { Link } from './link.ts';

/** Tells when the user types, not with every key but often enough that it does not end while they go on. */
export class Typing {
  readonly #link: Link;
  readonly #timing: Timing;
  /** When `typing.start` was told last, by chat. */
  readonly #told = new Map<string, number>();

  constructor(link: Link, timing: Timing) {
    this.#link = link;
    this.#timing = timing;
    // A new connection knows nothing of it.
    link.statuses.add(() => this.#told.clear());
  }

  set(chatId: string, isTyping: boolean): void {
    if (this.#link.status !== 'online') return;
    const told = this.#told.get(chatId);
    if (!isTyping) {
      this.#told.delete(chatId);
      if (told !== undefined) this.#link.tell('typing.stop', { chat_id: chatId });
    } else if (told === undefined || Date.now() - told >= this.#timing.typingMs) {
      this.#told.set(chatId, Date.now());
      this.#link.tell('typing.start', { chat_id: chatId });
    }
  }
}
