/**
 * What a development server "sent": codes as they would reach a phone. Kept in memory, the newest 200, shown at
 * `/dev/inbox`; never part of a production set-up.
 */
export interface InboxItem {
  id: number;
  /** ISO 8601 UTC with milliseconds. */
  at: string;
  kind: 'sms' | 'push';
  to: string;
  text: string;
  /** The code of a sign-in message. */
  code: string | null;
}

export class DevInbox {
  readonly #items: InboxItem[] = [];
  readonly #listeners = new Set<(item: InboxItem) => void>();
  #next = 1;

  add(item: Omit<InboxItem, 'id' | 'at'>): void {
    const full = { ...item, id: this.#next++, at: new Date().toISOString() };
    this.#items.unshift(full);
    if (this.#items.length > 200) this.#items.pop();
    for (const listener of this.#listeners) listener(full);
  }

  /** Newest first. */
  list(): readonly InboxItem[] {
    return this.#items;
  }

  /** Calls back for every new item; returns how to stop. */
  subscribe(listener: (item: InboxItem) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
