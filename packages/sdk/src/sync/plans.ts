/** When chats are synced alone: soon, but never in a hurry that would use up the user's rate limit (contract section 3). */
import type { Timing } from '../timing.ts';
import type { Entry } from '../view/entry.ts';
import type { Doubt } from '../view/room.ts';

interface Plan {
  due: number;
  asked: number;
  pause: number;
}

const never = Number.POSITIVE_INFINITY;

export class Plans {
  readonly #timing: Timing;
  readonly #begin: (entry: Entry | null) => void;
  readonly #plans = new Map<Entry | null, Plan>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `begin` hears what is due: a chat, or what is the user's own (null). */
  constructor(timing: Timing, begin: (entry: Entry | null) => void) {
    this.#timing = timing;
    this.#begin = begin;
  }

  /** Plans what is in doubt; takes away the plan for what is not. */
  consider(entry: Entry | null, doubt: Doubt): void {
    const { gapMs, refetchMs, refetchLaterMs } = this.#timing;
    const plan = this.#plans.get(entry);
    if (doubt === 'none') {
      if (plan) plan.due = never;
      return;
    }
    const { asked, pause, due } = plan ?? { asked: -never, pause: refetchMs, due: never };
    const soon = Math.max(Date.now() + (doubt === 'now' ? gapMs : refetchLaterMs), asked + pause);
    this.#plans.set(entry, { asked, pause, due: Math.min(due, soon) });
    if (soon < due) this.#arm();
  }

  /** Begins at once with all that is planned. */
  all(): void {
    this.#collect(Number.MAX_VALUE);
  }

  forget(entry: Entry): void {
    this.#plans.delete(entry);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#plans.clear();
  }

  #arm(): void {
    const due = Math.min(...[...this.#plans.values()].map((plan) => plan.due));
    clearTimeout(this.#timer);
    if (due < never) this.#timer = setTimeout(() => this.#collect(Date.now()), Math.max(0, due - Date.now()));
  }

  #collect(now: number): void {
    const { refetchMs, refetchMaxMs } = this.#timing;
    for (const [entry, plan] of this.#plans) {
      if (plan.due > now) continue;
      const asked = Date.now();
      // Longer and longer while it goes on, short again after a quiet time.
      const pause = asked - plan.asked > plan.pause * 2 ? refetchMs : Math.min(plan.pause * 2, refetchMaxMs);
      this.#plans.set(entry, { due: never, asked, pause });
      this.#begin(entry);
    }
    this.#arm();
  }
}
