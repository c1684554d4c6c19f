/** The notifications that are to be seen: one for each chat, which the next message of it replaces. */
import { texts } from '../texts/texts.ts';
import type { Note } from './describe.ts';

export class Shown {
  readonly #open: (chatId: string) => void;
  readonly #notes = new Map<string, { note: Notification; count: number }>();

  /** `open` goes to a chat. */
  constructor(open: (chatId: string) => void) {
    this.#open = open;
  }

  show(chatId: string, { title, body, icon }: Note): void {
    const before = this.#notes.get(chatId);
    const count = (before?.count ?? 0) + 1;
    const text = count > 1 ? `${texts.notifications.several(count)}\n${body}` : body;
    before?.note.close();
    const note = this.#make(title, {
      body: text,
      tag: `parley:${chatId}`,
      silent: true,
      ...(icon ? { icon } : {}),
    });
    if (!note) return;
    this.#notes.set(chatId, { note, count });
    note.onclick = () => {
      window.focus();
      note.close();
      this.#open(chatId);
    };
    note.onclose = () => {
      if (this.#notes.get(chatId)?.note === note) this.#notes.delete(chatId);
    };
  }

  /** Takes all of them away: the page is in view. */
  clear(): void {
    for (const { note } of this.#notes.values()) note.close();
    this.#notes.clear();
  }

  /** Chrome on Android only shows those of service workers, and throws here. */
  #make(title: string, options: NotificationOptions): Notification | null {
    try {
      return new Notification(title, options);
    } catch {
      return null;
    }
  }
}
