/**
 * The scheduler of all work at intervals. One of all workers does a job at a time: each has a lease, and if its holder dies another takes
 * over. How it goes is in the metrics.
 */
import { randomUUID } from 'node:crypto';
import type { LeaseStore, Log } from '@parley/core';
import type { Metrics } from '@parley/platform';

export interface Job {
  /** The lease's name, and the label of its metrics. */
  readonly name: string;
  /** Milliseconds between two runs. */
  readonly everyMs: number;
  /** Every worker does it by itself: it is about this process or this machine. */
  readonly everywhere?: true;
  /** Says how many things it did. Errors are logged, and the next run comes as usual. */
  run(): Promise<number>;
}

/** Runs for which a lease holds that is not renewed, and the least it holds, in seconds: a job takes longer than a short interval. */
const leaseRuns = 2;
const leaseSeconds = 10;

/** How often a lease is renewed while its job runs, within the time that it holds. */
const renewals = 4;

export type JobMetrics = Pick<Metrics, 'jobRuns' | 'jobSeconds' | 'jobItems' | 'jobLastSuccess'>;

export class Jobs {
  readonly #jobs: readonly Job[];
  readonly #leases: LeaseStore;
  readonly #log: Pick<Log, 'warn' | 'debug'>;
  readonly #metrics: JobMetrics;
  readonly #holder = randomUUID();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    jobs: readonly Job[],
    parts: { leases: LeaseStore; log: Pick<Log, 'warn' | 'debug'>; metrics: JobMetrics },
  ) {
    this.#jobs = jobs;
    this.#leases = parts.leases;
    this.#log = parts.log;
    this.#metrics = parts.metrics;
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
    const { name } = job;
    const seconds = Math.max(leaseSeconds, Math.ceil((leaseRuns * job.everyMs) / 1000));
    const hold = () => this.#leases.hold(name, this.#holder, seconds);
    let renewal: NodeJS.Timeout | undefined;
    let begun: number | undefined;
    try {
      if (!job.everywhere) {
        if (!(await hold())) return;
        // A run that takes long stays this worker's.
        renewal = setInterval(() => void hold().catch(() => undefined), (seconds * 1000) / renewals);
        renewal.unref();
      }
      begun = performance.now();
      const items = await job.run();
      this.#metrics.jobItems.inc({ job: name }, items);
      this.#metrics.jobRuns.inc({ job: name, outcome: 'done' });
      this.#metrics.jobLastSuccess.set({ job: name }, Date.now() / 1000);
      if (items > 0) this.#log.debug({ job: name, items }, 'a job did something');
    } catch (error) {
      this.#metrics.jobRuns.inc({ job: name, outcome: 'failed' });
      this.#log.warn({ err: error, job: name }, 'a job failed; it runs again');
    } finally {
      clearInterval(renewal);
      if (begun !== undefined) {
        this.#metrics.jobSeconds.observe({ job: name }, (performance.now() - begun) / 1000);
      }
    }
  }
}
