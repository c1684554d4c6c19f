/**
 * The order in which a chat's messages reach the sessions of this instance, in a cluster.
 *
 * Senders on several instances commit in the order of `version`, but their events take different ways, so a later one can
 * overtake. A client that sees a number jump fetches what it takes for a gap; so a message that came too early is held for a
 * moment until those before it are there. What does not come in time is not waited for: sync repairs it (design rule 4).
 */
import { LRUCache } from 'lru-cache';

interface Line {
  /** The version that is expected. */
  next: number;
  /** When something was delivered last, in milliseconds. */
  at: number;
  held: Map<number, () => void> | null;
  timer: NodeJS.Timeout | null;
  /** It was waited in full for one that did not come, and none that was missing has come since. */
  tired: boolean;
}

export interface ChatOrderOptions {
  /** So long a message waits for those before it, in milliseconds. */
  holdMs: number;
  /**
   * So long in a chat that this instance has not seen for a while, where the ones before may have been for nobody here, or are
   * not known.
   */
  quietHoldMs: number;
  /** A chat without a message for so long, in milliseconds, is quiet. */
  quietMs: number;
  now(): number;
}

/** Timers, one after the other, that make up the time for which a message is held. */
const steps = 4;
/** Chats whose place is remembered. */
const maxChats = 50_000;

export class ChatOrder {
  readonly #options: ChatOrderOptions;
  readonly #lines = new LRUCache<string, Line>({ max: maxChats, dispose: (line) => this.#release(line) });

  constructor(options: ChatOrderOptions) {
    this.#options = options;
  }

  /** Runs `deliver` in its turn: at once, unless an earlier version of the chat is about to come. */
  take(chatId: string, version: number, deliver: () => void): void {
    let line = this.#lines.get(chatId);
    if (!line) {
      line = { next: 1, at: Number.NEGATIVE_INFINITY, held: null, timer: null, tired: false };
      this.#lines.set(chatId, line);
    }
    if (version > line.next) {
      this.#hold(line, version, deliver);
      return;
    }
    line.at = this.#options.now();
    deliver();
    // One that comes after its time is delivered all the same: clients put messages where they belong.
    if (version < line.next) return;
    line.next = version + 1;
    line.tired = false;
    if (line.held) this.#follow(line, line.held);
  }

  /** Notes a message that is for nobody here. */
  pass(chatId: string, version: number): void {
    const line = this.#lines.get(chatId);
    if (!line || version < line.next) return;
    line.next = version + 1;
    line.tired = false;
    if (line.held) this.#follow(line, line.held);
  }

  #hold(line: Line, version: number, deliver: () => void): void {
    const { holdMs, quietHoldMs, quietMs, now } = this.#options;
    line.held ??= new Map();
    line.held.set(version, deliver);
    if (line.timer) return;
    const quiet = now() - line.at > quietMs;
    this.#wait(line, (quiet ? quietHoldMs : holdMs) / steps, steps, !quiet);
  }

  /** In steps: after a moment in which this process could not run, a timer fires before what came meanwhile is read. */
  #wait(line: Line, stepMs: number, left: number, inFull: boolean): void {
    line.timer = setTimeout(() => {
      if (left > 1) return this.#wait(line, stepMs, left - 1, inFull);
      line.tired ||= inFull;
      this.#giveUp(line);
    }, stepMs).unref();
  }

  /** Delivers what was held only for the message that has just come. */
  #follow(line: Line, held: Map<number, () => void>): void {
    for (let deliver = held.get(line.next); deliver; deliver = held.get(line.next)) {
      held.delete(line.next++);
      deliver();
    }
    if (held.size === 0) this.#stopWaiting(line);
    // Another one is missing now, and has its own time to come.
    else this.#waitAnew(line);
  }

  /** What is missing next may be lost with the one before it: then it is not waited for as long again. */
  #waitAnew(line: Line): void {
    if (line.timer) clearTimeout(line.timer);
    const { holdMs, quietHoldMs } = this.#options;
    this.#wait(line, (line.tired ? quietHoldMs : holdMs) / steps, steps, !line.tired);
  }

  /** Waits no longer for what is missing before the first that is held; what is missing behind it has its own time. */
  #giveUp(line: Line): void {
    const { held } = line;
    if (!held) return;
    line.at = this.#options.now();
    line.next = Math.min(...held.keys());
    this.#follow(line, held);
  }

  /** Waits for nothing more: delivers what is held, in its order. */
  #release(line: Line): void {
    const { held } = line;
    this.#stopWaiting(line);
    if (!held) return;
    for (const [, deliver] of [...held].sort(([a], [b]) => a - b)) deliver();
  }

  #stopWaiting(line: Line): void {
    if (line.timer) clearTimeout(line.timer);
    line.timer = null;
    line.held = null;
  }
}
