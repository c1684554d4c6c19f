/** Work that waits for its chat: one batch at a time in each, of what gathered meanwhile. */
export class ChatLanes<T> {
  readonly #work: (chatId: string, batch: T[]) => Promise<void>;
  readonly #waiting = new Map<string, T[]>();

  /** @param work must not reject: what goes wrong is told to who waits for the items */
  constructor(work: (chatId: string, batch: T[]) => Promise<void>) {
    this.#work = work;
  }

  add(chatId: string, items: readonly T[]): void {
    const lane = this.#waiting.get(chatId);
    if (lane) {
      lane.push(...items);
      return;
    }
    this.#waiting.set(chatId, [...items]);
    void this.#run(chatId);
  }

  async #run(chatId: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(chatId) ?? [];
      if (batch.length === 0) break;
      this.#waiting.set(chatId, []);
      await this.#work(chatId, batch);
    }
    this.#waiting.delete(chatId);
  }
}
