/**
 * The scheduler of all work at intervals. Of all workers one does a job at a time, and it is done once in its interval however many workers
 * look.
 *
 * Each job has one lease in the database. Whoever takes it runs the job, and renews the lease while that takes; if its holder dies it runs out
 * within seconds, and another worker runs the job. A run that is done leaves the lease to nobody until the next run is due: so due times are
 * shared by all workers and outlive every restart. Everybody looks often and gets the lease seldom.
 */
import { randomUUID } from 'node:crypto';
import { isUnavailable, type LeaseStore, type Log } from '@parley/core';
import type { Metrics } from '@parley/platform';
import { Turn } from './turn.ts';

export interface Job {
  /** The lease's name, and the label of its metrics. */
  readonly name: string;
  /** Milliseconds from the beginning of a run to that of the next. */
  readonly everyMs: number;
  /** Every worker does it by itself, from its start on: it is about this process or this machine. */
  readonly everywhere?: true;
  /**
   * Says how many things it did. When `signal` is aborted (the worker stops, or cannot keep the lease) it ends as soon as it can; what it left
   * is done by the next run. Errors are logged, and the next run comes as usual, after a minute at the latest.
   */
  run(signal: AbortSignal): Promise<number>;
}

export interface JobPace {
  /** Seconds after which the job of a worker that died is another's. */
  leaseSeconds: number;
  /** Milliseconds between two looks at most, so that a job whose interval is long is taken over soon. */
  lookMs: number;
  /** Milliseconds after which a run that failed is tried again, where the interval is not shorter. */
  retryMs: number;
  /** Milliseconds within which a worker begins to look after its start: not at all jobs in the same moment. */
  firstMs: number;
}

const usualPace: JobPace = { leaseSeconds: 15, lookMs: 15_000, retryMs: 60_000, firstMs: 5_000 };

/** Milliseconds by which a run comes later than it is due: not all in the same moment. */
function jitter({ everyMs }: Job): number {
  return Math.random() * Math.min(everyMs / 10, 1_000);
}

export type JobMetrics = Pick<Metrics, 'jobRuns' | 'jobSeconds' | 'jobItems' | 'jobLastSuccess'>;

interface Parts {
  leases: LeaseStore;
  log: Pick<Log, 'warn' | 'debug'>;
  metrics: JobMetrics;
}

type Outcome = 'done' | 'failed' | 'lost';

export class Jobs {
  readonly #jobs: readonly Job[];
  readonly #parts: Parts;
  readonly #pace: JobPace;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #looks = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** Jobs that wait for a store that is away: told once until they work again. */
  readonly #waiting = new Set<string>();

  constructor(jobs: readonly Job[], parts: Parts, pace: Partial<JobPace> = {}) {
    this.#jobs = jobs;
    this.#parts = parts;
    this.#pace = { ...usualPace, ...pace };
  }

  start(): void {
    for (const job of this.#jobs) {
      if (!this.#timers.has(job.name)) {
        this.#lookIn(job, Math.random() * Math.min(job.everyMs, this.#pace.firstMs));
      }
    }
  }

  /** For good. Begins nothing more; resolves when what runs has ended and others may take it over. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#looks);
  }

  #lookIn(job: Job, ms: number): void {
    if (this.#stopping.signal.aborted) return;
    const look = () => {
      const looking = this.#look(job)
        .then((next) => this.#lookIn(job, next))
        .finally(() => this.#looks.delete(looking));
      this.#looks.add(looking);
    };
    this.#timers.set(job.name, setTimeout(look, ms).unref());
  }

  /** Runs the job if it is due and nobody else runs it; says after how many milliseconds to look again. Never rejects. */
  async #look(job: Job): Promise<number> {
    const { signal } = this.#stopping;
    if (job.everywhere) return (await this.#run(job, signal)) + jitter(job);
    const { leaseSeconds, lookMs } = this.#pace;
    const othersMs = Math.min(job.everyMs, lookMs) * (0.5 + Math.random() / 2);
    const turn = new Turn({
      leases: this.#parts.leases,
      name: job.name,
      holder: randomUUID(),
      seconds: leaseSeconds,
    });
    try {
      if (!(await turn.take())) return othersMs;
      const dueMs = signal.aborted
        ? 0
        : await this.#run(job, AbortSignal.any([signal, turn.lost]), turn.lost);
      // What this run left when it was told to stop is another worker's at once.
      await turn.end(signal.aborted ? 0 : dueMs);
      // No later than that: timers stand still while a machine sleeps.
      return Math.min(dueMs + jitter(job), lookMs);
    } catch (error) {
      this.#complain(job, error, 'the lease of a job cannot be told');
      return othersMs;
    }
  }

  /** Says in how many milliseconds the next run is due. */
  async #run(job: Job, signal: AbortSignal, lost?: AbortSignal): Promise<number> {
    const { metrics, log } = this.#parts;
    const { name, everyMs } = job;
    const begun = performance.now();
    const runMs = () => performance.now() - begun;
    let outcome: Outcome = 'failed';
    try {
      const items = await job.run(signal);
      outcome = lost?.aborted ? 'lost' : 'done';
      metrics.jobItems.inc({ job: name }, items);
      if (items > 0) log.debug({ job: name, items }, 'a job did something');
      if (outcome === 'done') metrics.jobLastSuccess.set({ job: name }, Date.now() / 1000);
      else log.warn({ job: name }, 'a job ended early: its lease could not be renewed');
      this.#waiting.delete(name);
    } catch (error) {
      this.#complain(job, error, 'a job failed; it runs again');
    }
    metrics.jobRuns.inc({ job: name, outcome });
    metrics.jobSeconds.observe({ job: name }, runMs() / 1000);
    const waitMs = outcome === 'done' ? everyMs : Math.min(everyMs, this.#pace.retryMs);
    return Math.max(0, waitMs - runMs());
  }

  /** A store that is away is told once, not every second; what nobody expects is told each time. */
  #complain({ name }: Job, error: unknown, what: string): void {
    const away = isUnavailable(error);
    this.#parts.log[away && this.#waiting.has(name) ? 'debug' : 'warn']({ err: error, job: name }, what);
    if (away) this.#waiting.add(name);
  }
}
