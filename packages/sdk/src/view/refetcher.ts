/** When chats are fetched again: soon, but never in a hurry that would use up the user's rate limit (contract section 3). */
import type { Timing } from '../timing.ts';
import type { Entry } from './entry.ts';

/** So many fetches may follow each other at once over all chats; another one is allowed every so many milliseconds. */
const burst = 20;
const refillMs = 2000;

interface Plan {
  timer: ReturnType<typeof setTimeout> | null;
  /** When the timer ends. */
  at: number;
  running: boolean;
  last: number;
  pause: number;
}

export class Refetcher {
  readonly #timing: Timing;
  readonly #run: (entry: Entry) => Promise<void>;
  readonly #plans = new Map<Entry, Plan>();
  readonly #work = new Set<Promise<unknown>>();
  #allowed = burst;
  #countedAt = Date.now();

  /** `run` fetches a chat as long as it takes and never rejects. */
  constructor(timing: Timing, run: (entry: Entry) => Promise<void>) {
    this.#timing = timing;
    this.#run = run;
  }

  /** Plans a fetch, if the chat is in doubt. */
  consider(entry: Entry): void {
    const { doubt } = entry.room;
    const plan = this.#plans.get(entry);
    if (doubt === 'none') {
      if (plan) this.#unplan(plan);
      return;
    }
    const { refetchMs, refetchLaterMs } = this.#timing;
    const current: Plan = plan ?? {
      timer: null,
      at: 0,
      running: false,
      last: Number.NEGATIVE_INFINITY,
      pause: refetchMs,
    };
    this.#plans.set(entry, current);
    if (current.running) return;
    const wanted = Date.now() + (doubt === 'later' ? refetchLaterMs : 0);
    this.#plan(entry, current, Math.max(wanted, current.last + current.pause));
  }

  /** Does at once what is planned for a chat. */
  hurry(entry: Entry): void {
    const plan = this.#plans.get(entry);
    if (plan?.timer) this.#begin(entry, plan);
  }

  /** Counts a promise as work that `settled` waits for. */
  track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.then(
      () => {},
      () => {},
    );
    this.#work.add(tracked);
    void tracked.then(() => this.#work.delete(tracked));
    return work;
  }

  /** Does at once all that is planned, and resolves when nothing is left. */
  async settled(): Promise<void> {
    for (;;) {
      for (const [entry, plan] of this.#plans) if (plan.timer) this.#begin(entry, plan);
      if (this.#work.size === 0) return;
      await Promise.all(this.#work);
    }
  }

  forget(entry: Entry): void {
    const plan = this.#plans.get(entry);
    if (plan) this.#unplan(plan);
    this.#plans.delete(entry);
  }

  clear(): void {
    for (const entry of [...this.#plans.keys()]) this.forget(entry);
  }

  #plan(entry: Entry, plan: Plan, at: number): void {
    if (plan.timer && plan.at <= at) return;
    this.#unplan(plan);
    plan.at = at;
    plan.timer = setTimeout(() => this.#due(entry, plan), Math.max(0, at - Date.now()));
  }

  #unplan(plan: Plan): void {
    if (plan.timer) clearTimeout(plan.timer);
    plan.timer = null;
  }

  #due(entry: Entry, plan: Plan): void {
    this.#unplan(plan);
    const now = Date.now();
    this.#allowed = Math.min(burst, this.#allowed + (now - this.#countedAt) / refillMs);
    this.#countedAt = now;
    if (this.#allowed < 1) {
      this.#plan(entry, plan, now + refillMs);
      return;
    }
    this.#allowed--;
    this.#begin(entry, plan);
  }

  #begin(entry: Entry, plan: Plan): void {
    this.#unplan(plan);
    const { refetchMs, refetchMaxMs } = this.#timing;
    const now = Date.now();
    // Longer and longer while it goes on, short again after a quiet time.
    plan.pause = now - plan.last > plan.pause * 2 ? refetchMs : Math.min(plan.pause * 2, refetchMaxMs);
    plan.last = now;
    plan.running = true;
    const done = this.#run(entry).then(() => {
      plan.running = false;
      if (this.#plans.get(entry) === plan) this.consider(entry);
    });
    void this.track(done);
  }
}
