/** The scheduler: one of several workers does a job at a time, those that die included, and it is known when it is due. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Job } from '../src/jobs.ts';
import { counting, held, hour, looks, sql, until, worker } from './support/jobs.ts';

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
