/**
 * The order in which a chat's messages reach the sessions of this instance, in a cluster.
 *
 * Senders on several instances commit in the order of `version`, but their events take different ways, so a later one can
 * overtake. A client that sees a number jump fetches what it takes for a gap; so a message that came too early is held for a
 * moment until those before it are there. What does not come in time is not waited for: sync repairs it (design rule 4).
 */

interface Line {
  /** The version that is expected. */
  next: number;
  /** When something was delivered last, in milliseconds. */
  at: number;
  held: Map<number, () => void> | null;
  timer: NodeJS.Timeout | null;
}

export interface ChatOrderOptions {
  /** So long a message waits for those before it, in milliseconds. */
  holdMs: number;
  /** A chat that was quiet for longer, in milliseconds: what is missing may have been for nobody here. */
  freshMs: number;
  /** So long the first message after that waits, where few before it are missing. */
  quietHoldMs: number;
  now(): number;
}

/** So many messages may overtake one on the way. */
const overtakers = 16;
/** Milliseconds after which a chat is forgotten. */
const keepMs = 10 * 60_000;

export class ChatOrder {
  readonly #options: ChatOrderOptions;
  readonly #lines = new Map<string, Line>();

  constructor(options: ChatOrderOptions) {
    this.#options = options;
  }

  /** Runs `deliver` in its turn: at once, unless an earlier version of the chat is about to come. */
  take(chatId: string, version: number, deliver: () => void): void {
    const now = this.#options.now();
    const line = this.#lines.get(chatId);
    if (!line) {
      this.#lines.set(chatId, { next: version + 1, at: now, held: null, timer: null });
      deliver();
    } else if (version <= line.next || (line.held === null && this.#isNewBeginning(line, version))) {
      // One that comes after its time is delivered all the same: clients put messages where they belong.
      line.next = Math.max(line.next, version + 1);
      line.at = now;
      deliver();
      if (line.held) this.#follow(line, line.held);
    } else {
      line.held ??= new Map();
      line.held.set(version, deliver);
      const { holdMs, quietHoldMs } = this.#options;
      line.timer ??= setTimeout(() => this.#giveUp(line), this.#isQuiet(line) ? quietHoldMs : holdMs).unref();
    }
  }

  #isQuiet(line: Line): boolean {
    return this.#options.now() - line.at > this.#options.freshMs;
  }

  /** After a quiet time, more than a few missing ones were surely not for this instance. */
  #isNewBeginning(line: Line, version: number): boolean {
    return this.#isQuiet(line) && version - line.next > overtakers;
  }

  /** Forgets chats that have been quiet. */
  prune(): void {
    const before = this.#options.now() - keepMs;
    for (const [chatId, line] of this.#lines) {
      if (line.held === null && line.at < before) this.#lines.delete(chatId);
    }
  }

  /** Delivers what was held only for the message that has just come. */
  #follow(line: Line, held: Map<number, () => void>): void {
    for (let deliver = held.get(line.next); deliver; deliver = held.get(line.next)) {
      held.delete(line.next++);
      deliver();
    }
    if (held.size === 0) this.#clear(line);
  }

  #giveUp(line: Line): void {
    const held = line.held;
    this.#clear(line);
    line.at = this.#options.now();
    for (const [version, deliver] of [...(held ?? [])].sort(([a], [b]) => a - b)) {
      line.next = Math.max(line.next, version + 1);
      deliver();
    }
  }

  #clear(line: Line): void {
    if (line.timer) clearTimeout(line.timer);
    line.timer = null;
    line.held = null;
  }
}
