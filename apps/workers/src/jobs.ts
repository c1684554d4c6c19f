/** Work at intervals that one of all workers does at a time: each job has a lease, and if its holder dies another takes over. */
import { randomUUID } from 'node:crypto';
import type { LeaseStore, Log } from '@parley/core';

export interface Job {
  /** The lease's name. */
  readonly name: string;
  /** Milliseconds between two runs. */
  readonly everyMs: number;
  /** Errors are logged, and the next run comes as usual. */
  run(): Promise<void>;
}

/** Runs for which a lease holds that is not renewed. */
const leaseRuns = 2;

export class Jobs {
  readonly #jobs: readonly Job[];
  readonly #leases: LeaseStore;
  readonly #log: Pick<Log, 'warn'>;
  readonly #holder = randomUUID();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(jobs: readonly Job[], leases: LeaseStore, log: Pick<Log, 'warn'>) {
    this.#jobs = jobs;
    this.#leases = leases;
    this.#log = log;
  }

  start(): void {
    if (this.#timers.size > 0) return;
    for (const job of this.#jobs) {
      this.#timers.add(setInterval(() => this.#begin(job), job.everyMs).unref());
    }
  }

  /** Begins nothing more; resolves when what runs is done and others may take over. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
    await Promise.all(this.#running.values());
    const released = this.#jobs.map((job) => this.#leases.release(job.name, this.#holder));
    await Promise.allSettled(released);
  }

  /** A run that takes longer than the interval is not begun again beside itself. */
  #begin(job: Job): void {
    if (this.#running.has(job.name)) return;
    const run = this.#run(job).finally(() => this.#running.delete(job.name));
    this.#running.set(job.name, run);
  }

  async #run(job: Job): Promise<void> {
    try {
      const seconds = Math.ceil((leaseRuns * job.everyMs) / 1000);
      if (await this.#leases.hold(job.name, this.#holder, seconds)) await job.run();
    } catch (error) {
      this.#log.warn({ err: error, job: job.name }, 'a job failed; it runs again');
    }
  }
}
