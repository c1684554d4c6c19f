/**
 * What a development server "sent": codes as they would reach a phone. Kept in memory, the newest 200, shown at
 * `/dev/inbox`; never part of a production set-up.
 */
import type { SentItem, Signals } from '@parley/core';

export interface InboxItem extends SentItem {
  id: number;
  /** ISO 8601 UTC with milliseconds. */
  at: string;
}

export class DevInbox {
  readonly #items: InboxItem[] = [];
  readonly #listeners = new Set<(item: InboxItem) => void>();
  #next = 1;
  #signals: Signals | undefined;

  /** Shows what any instance sent: a worker pushes, and the page is api's. */
  shareOver(signals: Signals): void {
    this.#signals = signals;
    signals.subscribe((signal) => {
      if (signal.kind === 'inbox') this.#show(signal.item);
    });
  }

  add(item: SentItem): void {
    // Here too it comes back as a signal.
    if (this.#signals) void this.#signals.send({ kind: 'inbox', item });
    else this.#show(item);
  }

  #show(item: SentItem): void {
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
