/** Workers that share the leases of one real PostgreSQL, and jobs that say what they do. */
import { type LeaseStore, unavailable } from '@parley/core';
import { PostgresLeaseStore, Sql } from '@parley/db';
import { Metrics } from '@parley/platform';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../../tests/support/postgres.ts';
import { type Job, type JobPace, Jobs } from '../../src/jobs.ts';

let database: TestDatabase;
export let sql: Sql;
export let store: PostgresLeaseStore;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = new Sql({ url: database.url, poolSize: 8, timeoutMs: 5_000 });
  store = new PostgresLeaseStore(sql);
});
afterAll(async () => {
  await sql?.close();
  await database?.drop();
});

const quick: JobPace = { leaseSeconds: 0.5, lookMs: 15, retryMs: 30, firstMs: 10 };
export const hour = 3_600_000;

const stops: (() => Promise<void>)[] = [];
beforeEach(() => sql.pool.query('TRUNCATE leases'));
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** A worker whose way to the leases can break, or hang as that of one that was killed. */
export function worker(
  jobs: readonly Job[],
  pace: Partial<JobPace> = {},
  leases: Pick<LeaseStore, 'hold'> = store,
) {
  const line: { state: 'up' | 'away' | 'dead'; holds: number; taken: number } = {
    state: 'up',
    holds: 0,
    taken: 0,
  };
  const log = { warn: vi.fn(), debug: vi.fn() };
  const metrics = new Metrics({ process: false });
  const through: LeaseStore = {
    async hold(...args) {
      line.holds++;
      if (line.state === 'away') throw unavailable('PostgreSQL', null);
      if (line.state === 'dead') return new Promise<never>(() => undefined);
      const held = await leases.hold(...args);
      if (held) line.taken++;
      return held;
    },
    release: () => Promise.reject(new Error('nobody releases')),
  };
  const own = new Jobs(jobs, { leases: through, log, metrics }, { ...quick, ...pace });
  const stop = () => own.stop();
  stops.push(async () => {
    if (line.state !== 'dead') await stop();
  });
  own.start();
  const runs = async () => {
    const { values } = await metrics.jobRuns.get();
    return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
  };
  return { line, log, metrics, runs, stop };
}

/** A job that waits in each run until it is let go. */
export function held(more: Partial<Job> = {}) {
  const runs: { signal: AbortSignal; end: (items?: number) => void }[] = [];
  const job: Job = {
    name: 'held',
    everyMs: hour,
    run: (signal) => new Promise((resolve) => runs.push({ signal, end: (items = 0) => resolve(items) })),
    ...more,
  };
  stops.unshift(async () => {
    for (const { end } of runs) end();
  });
  return { job, runs };
}

export const counting = (more: Partial<Job> = {}) => {
  const run = vi.fn(async () => 1);
  return { job: { name: 'counted', everyMs: hour, run, ...more } satisfies Job, run };
};

export const until = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 5 });
/** Says when the workers have looked for that many times more. */
export const looks = (line: { holds: number }, times: number) => {
  const from = line.holds;
  return until(() => expect(line.holds).toBeGreaterThanOrEqual(from + times));
};
