/** Keeps the demo within a server's limits, so that what it measures is delivery and not waiting. */
import { setTimeout as pause } from 'node:timers/promises';

/** Sends that one person may make in a window (contract section 3: 30 in 10 s); a few are left for safety. */
const sends = 28;
const windowMs = 10_500;

export class Allowance {
  readonly #sent = new Map<string, number[]>();

  /** Waits until the person may send that many messages at once. */
  async take(person: string, count: number): Promise<void> {
    const times = this.#sent.get(person) ?? [];
    this.#sent.set(person, times);
    for (;;) {
      const now = performance.now();
      while (times[0] !== undefined && times[0] < now - windowMs) times.shift();
      if (times.length + count <= Math.max(sends, count)) break;
      await pause((times[times.length + count - sends - 1] ?? now) + windowMs - now + 1);
    }
    for (let n = 0; n < count; n++) times.push(performance.now());
  }
}
