/**
 * Makes blocks (see the migration) behind the sends: one statement at a time, for what gathered meanwhile. Nothing depends on when it comes
 * round to it, because searches read what has no block yet themselves; it only keeps that short.
 */
import type { Sql } from '../sql.ts';

/** Messages of a block. */
export const blockSize = 16;
/** Chats, and blocks, of a statement: so much takes a few tens of milliseconds, for which changes of these chats may wait. */
const chatsAtOnce = 64;
const blocksAtOnce = 128;
/** It works for one part of the time and rests for so many: sends come first. */
const restParts = 4;

export class BlockIndexer {
  readonly #sql: Sql;
  readonly #due = new Set<string>();
  #running = false;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Chats that have a block to make. */
  add(chatIds: Iterable<string>): void {
    for (const chatId of chatIds) this.#due.add(chatId);
    if (!this.#running && this.#due.size > 0) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#due.size > 0) {
      const started = performance.now();
      const chats = [...this.#due].slice(0, chatsAtOnce);
      for (const chatId of chats) this.#due.delete(chatId);
      try {
        const rows = await this.#sql.rows<{ chat_id: string }>(
          'index',
          'SELECT chat_id FROM parley_index($1, $2) AS chat_id',
          [chats, blocksAtOnce],
        );
        for (const { chat_id } of rows) this.#due.add(chat_id);
      } catch {
        // The database is away or busy: the chats' next messages bring it up again.
        break;
      }
      const rest = (performance.now() - started) * restParts;
      if (this.#due.size > 0) await new Promise((resolve) => setTimeout(resolve, rest).unref());
    }
    this.#running = false;
  }
}
