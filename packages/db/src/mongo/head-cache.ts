/** What this process knows of chats' counters, so that a send in a chat it just wrote to need not ask for them. */

/** A chat's last numbers; 0 before its first message. */
export interface Head {
  seq: number;
  version: number;
  /** Messages up to `seq` that are not `system`. */
  tally: number;
}

/** Of a chat without messages. */
export const noHead: Head = { seq: 0, version: 0, tally: 0 };

interface Entry {
  head: Head;
  usedAt: number;
  uses: number;
}

const maxChats = 10_000;
/** Milliseconds without use after which another process has probably written to the chat. */
const idleMs = 2_000;
/**
 * Uses between two looks at the store. Who reads first is a step behind who knows, so a process that never had to read could win
 * every number of a busy chat; having to read now and then gives the others their turn.
 */
const maxUses = 16;

export class HeadCache {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  /** @param now milliseconds on a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Counts as a use. */
  take(chatId: string): Head | undefined {
    const entry = this.#entries.get(chatId);
    if (!entry) return undefined;
    this.#entries.delete(chatId);
    const now = this.#now();
    if (now - entry.usedAt > idleMs || entry.uses >= maxUses) return undefined;
    entry.usedAt = now;
    entry.uses++;
    // Behind all others: what was not used for longest is the first to go.
    this.#entries.set(chatId, entry);
    return entry.head;
  }

  /** Notes a head of acknowledged writes. */
  put(chatId: string, head: Head): void {
    const before = this.#entries.get(chatId);
    // Two batches of this process may be answered in another order than they were stored.
    if (before && before.head.version >= head.version) return;
    const uses = before?.uses ?? 0;
    this.#entries.delete(chatId);
    this.#entries.set(chatId, { head, uses, usedAt: this.#now() });
    if (this.#entries.size <= maxChats) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  forget(chatIds: Iterable<string>): void {
    for (const chatId of chatIds) this.#entries.delete(chatId);
  }
}
