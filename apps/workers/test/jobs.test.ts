/** The scheduler: several workers on one real PostgreSQL, those that die included, and what it does when things fail. */
import { setTimeout as pause } from 'node:timers/promises';
import { type LeaseStore, unavailable } from '@parley/core';
import { PostgresLeaseStore, Sql } from '@parley/db';
import { Metrics } from '@parley/platform';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { type Job, type JobPace, Jobs } from '../src/jobs.ts';

let database: TestDatabase;
let sql: Sql;
let store: PostgresLeaseStore;
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
const hour = 3_600_000;

const stops: (() => Promise<void>)[] = [];
beforeEach(() => sql.pool.query('TRUNCATE leases'));
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** A worker whose way to the leases can break, or hang as that of one that was killed. */
function worker(jobs: readonly Job[], pace: Partial<JobPace> = {}, leases: Pick<LeaseStore, 'hold'> = store) {
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
function held(more: Partial<Job> = {}) {
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

const counting = (more: Partial<Job> = {}) => {
  const run = vi.fn(async () => 1);
  return { job: { name: 'counted', everyMs: hour, run, ...more } satisfies Job, run };
};

const until = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 5 });
/** Says when the workers have looked for that many times more. */
const looks = (line: { holds: number }, times: number) => {
  const from = line.holds;
  return until(() => expect(line.holds).toBeGreaterThanOrEqual(from + times));
};

describe('of several workers', () => {
  it('one runs the job at a time, no more often than its interval, whoever dies', {
    timeout: 60_000,
  }, async () => {
    const everyMs = 40;
    const begun: { name: string; at: number }[] = [];
    const active = new Map<string, number>();
    const most = new Map<string, number>();
    let [done, deaths] = [0, 0];
    const change = (name: string, by: number) => {
      active.set(name, (active.get(name) ?? 0) + by);
      most.set(name, Math.max(most.get(name) ?? 0, active.get(name) ?? 0));
    };
    const start = () => {
      // As much as the closure needs before the worker is there.
      const own: { die?: () => void } = {};
      const job = (name: string): Job => ({
        name,
        everyMs,
        async run(signal) {
          change(name, +1);
          begun.push({ name, at: performance.now() });
          if (begun.length % 25 === 0 && deaths < 3) {
            deaths++;
            own.die?.();
            // What it did ends with it; its lease does not know.
            change(name, -1);
            start();
            return new Promise<never>(() => undefined);
          }
          // Some are over at once, some take longer than the interval, some fail.
          await pause(Math.random() ** 3 * 120, undefined, { signal }).catch(() => undefined);
          change(name, -1);
          done++;
          if (done % 7 === 0) throw new Error('no');
          return 1;
        },
      });
      const { line } = worker([job('one'), job('two')], { leaseSeconds: 0.8, retryMs: everyMs });
      own.die = () => {
        line.state = 'dead';
      };
    };
    for (let n = 0; n < 5; n++) start();
    await vi.waitFor(() => expect([deaths, done > 110]).toEqual([3, true]), { timeout: 50_000 });
    expect(Object.fromEntries(most)).toEqual({ one: 1, two: 1 });
    for (const name of ['one', 'two']) {
      const times = begun.filter((run) => run.name === name).map(({ at }) => at);
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      // The database keeps milliseconds.
      expect(Math.min(...gaps)).toBeGreaterThan(everyMs - 2);
      expect(times.length).toBeGreaterThan(30);
    }
  });

  it('another takes over what a worker that was killed had begun, though its interval is long', async () => {
    const { job, runs } = held();
    const first = worker([job]);
    await until(() => expect(runs).toHaveLength(1));
    first.line.state = 'dead';
    const second = worker([job]);
    const at = performance.now();
    await until(() => expect(runs).toHaveLength(2));
    expect(performance.now() - at).toBeLessThan(5_000);
    expect(second.line.taken).toBe(1);
  });

  it('nobody runs what a worker does that takes long', async () => {
    const { job, runs } = held({ everyMs: 20 });
    const one = worker([job]);
    await until(() => expect(runs).toHaveLength(1));
    const other = worker([job]);
    // Three times as long as the lease holds by itself.
    await until(() => expect(one.line.taken).toBeGreaterThan(12));
    expect(runs).toHaveLength(1);
    expect(runs[0]?.signal.aborted).toBe(false);
    expect([other.line.taken, other.line.holds > 20]).toEqual([0, true]);
    runs[0]?.end();
    await until(() => expect(runs.length).toBeGreaterThan(1));
  });

  it('a job that is about the machine is run by each, as seldom as it should be', async () => {
    const { job, run } = counting({ everywhere: true });
    const often = counting({ name: 'often', everyMs: 5 });
    const both = [job, often.job];
    worker(both);
    worker(both);
    await until(() => expect(often.run.mock.calls.length).toBeGreaterThan(20));
    expect(run).toHaveBeenCalledTimes(2);
  });
});

describe('when it is due', () => {
  it('is known after a restart: not before, and then at once', async () => {
    const { job, run } = counting();
    const before = worker([job]);
    await until(async () => expect(await before.runs()).toEqual({ done: 1 }));
    await before.stop();
    const after = worker([job]);
    await looks(after.line, 8);
    expect(run).toHaveBeenCalledTimes(1);
    const { rows } = await sql.pool.query(
      `UPDATE leases SET until = clock_timestamp() RETURNING extract(epoch FROM until - clock_timestamp())`,
    );
    expect(rows).toHaveLength(1);
    await until(() => expect(run).toHaveBeenCalledTimes(2));
  });

  it('counts from the beginning of a run', async () => {
    const { job, runs } = held();
    const { line } = worker([job]);
    // The third renewal, at the soonest 375 ms later.
    await until(() => expect(line.taken).toBe(4));
    const { rows: before } = await sql.pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    runs[0]?.end();
    const dueIn = async () => {
      const { rows } = await sql.pool.query<{ until: Date }>('SELECT until FROM leases');
      return (rows[0]?.until.getTime() ?? 0) - (before[0]?.now.getTime() ?? 0);
    };
    await until(async () => expect(await dueIn()).toBeGreaterThan(hour / 2));
    expect(await dueIn()).toBeLessThan(hour - 250);
  });

  it('workers begin to look at different moments, and look for long intervals often', async () => {
    vi.useFakeTimers();
    const random = vi
      .spyOn(Math, 'random')
      .mockReturnValueOnce(0.5)
      .mockReturnValueOnce(0.9)
      .mockReturnValue(1);
    const hold = vi.fn(async () => false);
    const names = () => hold.mock.calls.map((call) => (call as unknown[])[0]);
    const pace = { firstMs: 5_000, lookMs: 15_000 };
    worker([counting({ name: 'a' }).job, counting({ name: 'b', everyMs: 2_000 }).job], pace, { hold });
    expect(random).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1_799);
    expect(names()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(names()).toEqual(['b']);
    await vi.advanceTimersByTimeAsync(701);
    expect(names()).toEqual(['b', 'a']);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(names().filter((name) => name === 'a')).toHaveLength(2);
    expect(names().filter((name) => name === 'b')).toHaveLength(8);
  });
});

describe('a run that fails', () => {
  it('is told and counted, and comes again soon; so do all others', async () => {
    const { job, run } = counting();
    run.mockRejectedValueOnce(new Error('no')).mockRejectedValueOnce(new Error('no')).mockResolvedValue(3);
    const { runs, log, metrics } = worker([job]);
    await until(async () => expect(await runs()).toEqual({ failed: 2, done: 1 }));
    expect(log.warn).toHaveBeenCalledTimes(2);
    expect(log.warn).toHaveBeenCalledWith(
      expect.objectContaining({ job: 'counted', err: expect.any(Error) }),
      expect.stringMatching(/failed/),
    );
    expect((await metrics.jobItems.get()).values).toMatchObject([{ labels: { job: 'counted' }, value: 3 }]);
    const [last] = (await metrics.jobLastSuccess.get()).values;
    expect(Math.abs((last?.value ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    const count = (await metrics.jobSeconds.get()).values.find(({ metricName }) =>
      metricName?.endsWith('_count'),
    );
    expect(count?.value).toBe(3);
  });

  it('for a store that is away is told once until it is back', async () => {
    const { job, run } = counting({ everyMs: 10 });
    const away = () => Promise.reject(unavailable('MongoDB', null));
    run.mockImplementation(away);
    const { log } = worker([job]);
    await until(() => expect(run.mock.calls.length).toBeGreaterThan(4));
    expect(log.warn).toHaveBeenCalledTimes(1);
    run.mockImplementation(async () => 0);
    const calls = run.mock.calls.length;
    await until(() => expect(run.mock.calls.length).toBeGreaterThan(calls + 1));
    run.mockImplementation(away);
    await until(() => expect(log.warn).toHaveBeenCalledTimes(2));
  });

  it('that throws at once is one too', async () => {
    const { job, run } = counting();
    run.mockImplementationOnce(() => {
      throw new Error('no');
    });
    const { runs } = worker([job]);
    await until(async () => expect(await runs()).toEqual({ failed: 1, done: 1 }));
  });
});

describe('the leases', () => {
  it('are asked for again when their store is back', async () => {
    const { job, run } = counting();
    const { line, log } = worker([job], { firstMs: 100 });
    line.state = 'away';
    await looks(line, 4);
    expect(log.warn).toHaveBeenCalledTimes(1);
    line.state = 'up';
    await until(() => expect(run).toHaveBeenCalledTimes(1));
  });

  it('that cannot be renewed end the run before another worker begins', async () => {
    const { job, runs } = held();
    const one = worker([job]);
    await until(() => expect(runs).toHaveLength(1));
    one.line.state = 'away';
    const other = worker([job]);
    const aborted = new Promise<number>((resolve) =>
      runs[0]?.signal.addEventListener('abort', () => resolve(runs.length)),
    );
    expect(await aborted).toBe(1);
    runs[0]?.end(5);
    await until(async () => expect(await one.runs()).toEqual({ lost: 1 }));
    expect((await one.metrics.jobItems.get()).values).toMatchObject([{ value: 5 }]);
    expect((await one.metrics.jobLastSuccess.get()).values).toEqual([]);
    await until(() => expect(runs).toHaveLength(2));
    expect(other.line.taken).toBe(1);
    runs[1]?.end();
    await until(async () => expect(await other.runs()).toEqual({ done: 1 }));
  });

  it('that another has got end the run', async () => {
    const { job, runs } = held();
    const one = worker([job]);
    await until(() => expect(runs).toHaveLength(1));
    await sql.pool.query(
      `UPDATE leases SET holder = 'another', until = clock_timestamp() + interval '1 hour'`,
    );
    await until(() => expect(runs[0]?.signal.aborted).toBe(true));
    runs[0]?.end();
    await until(async () => expect(await one.runs()).toEqual({ lost: 1 }));
    const { rows } = await sql.pool.query('SELECT holder FROM leases');
    expect(rows).toEqual([{ holder: 'another' }]);
  });
});

describe('a worker that stops', () => {
  it('waits for what it runs, asks it to end, and leaves the rest to others at once', async () => {
    const { job, runs } = held();
    const one = worker([job]);
    await until(() => expect(runs).toHaveLength(1));
    let stopped = false;
    const stopping = one.stop().then(() => {
      stopped = true;
    });
    expect(runs[0]?.signal.aborted).toBe(true);
    const other = worker([job]);
    await looks(other.line, 5);
    expect([stopped, runs.length]).toEqual([false, 1]);
    runs[0]?.end();
    await stopping;
    await until(() => expect(runs).toHaveLength(2));
    expect(await one.runs()).toEqual({ done: 1 });
  });

  it('begins nothing more, not even what it has just asked for', async () => {
    const { job, run } = counting();
    const answer = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const { stop, line } = worker(
      [job],
      {},
      {
        async hold(...args) {
          asked.resolve();
          await answer.promise;
          return store.hold(...args);
        },
      },
    );
    await asked.promise;
    const stopping = stop();
    answer.resolve();
    await stopping;
    expect(run).not.toHaveBeenCalled();
    const { holds } = line;
    const other = worker([job]);
    await until(() => expect(run).toHaveBeenCalledTimes(1));
    await looks(other.line, 3);
    expect(line.holds).toBe(holds);
  });
});
