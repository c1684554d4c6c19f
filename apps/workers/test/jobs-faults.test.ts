/** The scheduler when things fail: runs, the way to the leases, and workers that stop. */
import { unavailable } from '@parley/core';
import { describe, expect, it } from 'vitest';
import { counting, held, looks, sql, store, until, worker } from './support/jobs.ts';

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

it('a lease that was lost is left alone', async () => {
  const { job, runs } = held();
  const asked: string[] = [];
  const answers = [true, false];
  const hold = async (_name: string, holder: string) => {
    asked.push(holder);
    return answers.shift() ?? false;
  };
  const { runs: counted, stop } = worker([job], {}, { hold });
  await until(() => expect(runs[0]?.signal.aborted).toBe(true));
  runs[0]?.end();
  await until(async () => expect(await counted()).toEqual({ lost: 1 }));
  await stop();
  expect(asked.filter((holder) => holder === asked[0])).toHaveLength(2);
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
