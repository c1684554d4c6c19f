/** One run's lease on its job: taken, kept while the run takes, and left until the next run is due. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LeaseStore } from '@parley/core';

/** How often it is renewed within the time that it holds, and the share of that time after which it counts as lost. */
const renewals = 4;
const safeShare = 0.8;

interface Parts {
  leases: Pick<LeaseStore, 'hold'>;
  name: string;
  /** Of this run alone: no other run, of this worker either, is taken for it. */
  holder: string;
  /** Seconds that it holds without a renewal. */
  seconds: number;
}

export class Turn {
  readonly #parts: Parts;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  #deadline: NodeJS.Timeout | undefined;
  #keeping: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Aborted when it could not be renewed, a while before another worker may get it: the run must end now. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** False while another runs the job, or it is not due. Errors: `SERVICE_UNAVAILABLE`. */
  async take(): Promise<boolean> {
    if (!(await this.#hold())) return false;
    this.#keeping = this.#keep(this.#over.signal);
    return true;
  }

  /** After the run: nobody gets the lease for that many milliseconds. Errors: `SERVICE_UNAVAILABLE`, then it is free within seconds. */
  async end(milliseconds: number): Promise<void> {
    this.#over.abort();
    // A renewal under way must not come after this.
    await this.#keeping;
    clearTimeout(this.#deadline);
    if (this.#lost.signal.aborted) return;
    await this.#parts.leases.hold(this.#parts.name, this.#parts.holder, milliseconds / 1000);
  }

  async #keep(over: AbortSignal): Promise<void> {
    const everyMs = (this.#parts.seconds * 1000) / renewals;
    for (;;) {
      await pause(everyMs, undefined, { signal: over, ref: false }).catch(() => undefined);
      if (over.aborted || this.#lost.signal.aborted) return;
      try {
        if (!(await this.#hold())) this.#lost.abort();
      } catch {
        // There is time for another try; if none works, the deadline says so.
      }
    }
  }

  /** Takes or renews it. It counts from before it was asked for: the database's own count ends later. */
  async #hold(): Promise<boolean> {
    const { leases, name, holder, seconds } = this.#parts;
    const asked = performance.now();
    if (!(await leases.hold(name, holder, seconds))) return false;
    clearTimeout(this.#deadline);
    const safeMs = seconds * 1000 * safeShare - (performance.now() - asked);
    this.#deadline = setTimeout(() => this.#lost.abort(), Math.max(0, safeMs)).unref();
    return true;
  }
}
