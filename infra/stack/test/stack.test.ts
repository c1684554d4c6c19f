import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Program, type Stack, startStack, toJson } from '../src/index.ts';
import { findProgram } from '../src/local/programs.ts';
import { TemporaryFolder } from './support/temporary.ts';
import { runs, until } from './support/until.ts';

const entry = fileURLToPath(new URL('support/fake-program.ts', import.meta.url));
const entries = { api: entry, realtime: entry, workers: entry };
const startMs = 5 * 60_000;

let folder: TemporaryFolder;
/** Without the stores that the machine's environment may name. */
const base = { PATH: process.env.PATH, HOME: process.env.HOME, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME };

beforeAll(() => {
  folder = new TemporaryFolder();
});
afterAll(() => folder[Symbol.dispose]());

async function environmentOf({ url }: Program): Promise<Record<string, string>> {
  return (await fetch(url ?? '')).json();
}

describe('a cluster on this machine', () => {
  let stack: Stack;
  const lines: string[] = [];

  beforeAll(async () => {
    stack = await startStack({
      entries,
      environment: { ...base, PORT: '0', LOG_LEVEL: 'warn', OTP_ECHO: 'true' },
      dataDir: `${folder.path}/cluster`,
      log: (line) => lines.push(line),
    });
  }, startMs);
  afterAll(() => stack.stop());

  test('api, two realtime and two workers are processes of their own', () => {
    const programs = [...stack.api, ...stack.realtime, ...stack.workers];
    expect(programs.map(({ title }) => title)).toEqual([
      'api 1',
      'realtime 1',
      'realtime 2',
      'workers 1',
      'workers 2',
    ]);
    expect(new Set(programs.map(({ pid }) => pid)).size).toBe(5);
    expect(programs.every(({ pid }) => pid !== null && pid !== process.pid && runs(pid))).toBe(true);
  });

  test('all get the stores, one secret and what was set; api gets both realtime addresses', async () => {
    const seen = await Promise.all([...stack.api, ...stack.realtime, ...stack.workers].map(environmentOf));
    for (const environment of seen) {
      expect(environment).toMatchObject({
        LOG_LEVEL: 'warn',
        OTP_ECHO: 'true',
        REDIS_URL: stack.stores.redis?.url,
      });
      expect(environment).toMatchObject({
        DATABASE_URL: stack.stores.postgresql?.url,
        NATS_URL: stack.stores.nats?.url,
      });
    }
    expect(new Set(seen.map(({ JWT_SECRET }) => JWT_SECRET)).size).toBe(1);
    expect(seen[0]?.JWT_SECRET).toMatch(/^\w{64}$/);
    expect(seen[0]?.REALTIME_URL).toBe(stack.realtime.map(({ url }) => url).join(','));
    expect(seen[1]?.REALTIME_URL).toBeUndefined();
  });

  test('its description is one line of JSON', () => {
    const text = toJson(stack);
    expect(text).not.toContain('\n');
    const { api, realtime, workers, stores } = JSON.parse(text);
    expect(api).toEqual([{ url: stack.api[0]?.url, pid: stack.api[0]?.pid }]);
    expect(realtime).toHaveLength(2);
    expect(workers[1]).toEqual({ pid: stack.workers[1]?.pid });
    expect(stores.redis).toEqual({
      url: stack.stores.redis?.url,
      pid: stack.stores.redis?.pid,
      engine: expect.stringMatching(/redis/),
    });
  });

  test('a program that is killed is reported, and started again it has the same address', async () => {
    const [program] = stack.realtime;
    if (!program) throw new Error('there is no realtime program');
    const { url, pid } = program;
    stack.kill(program, 'SIGKILL');
    await until('its end is noticed', () => program.pid === null);
    expect(lines).toContain(`realtime 1 (process ${pid}) ended by itself: SIGKILL`);
    await program.start();
    expect(program.url).toBe(url);
    expect(program.pid).not.toBe(pid);
    expect((await environmentOf(program)).PORT).toBe(new URL(url ?? '').port);
  });

  test('a second one on the same data is refused', async () => {
    const second = startStack({ entries, environment: base, dataDir: `${folder.path}/cluster` });
    await expect(second).rejects.toThrow(/another Parley/);
  });
});

test('what is in the stores and the secret are there at the next start', { timeout: startMs }, async () => {
  const options = {
    entries,
    environment: { ...base, PORT: '0' },
    dataDir: `${folder.path}/kept`,
    workers: 1,
  };
  const secrets = new Set<string | undefined>();
  const keys = new Set<string | undefined>();
  for (let round = 0; round < 2; round++) {
    await using stack = await startStack(options);
    secrets.add(stack.environment.JWT_SECRET);
    keys.add(stack.environment.MINIO_SECRET_KEY);
  }
  expect(secrets.size).toBe(1);
  expect(keys.size).toBe(1);
});

test('a program that cannot start ends the others and says why', { timeout: startMs }, async () => {
  const pids: number[] = [];
  const failed = startStack({
    entries,
    environment: { ...base, PORT: '0', FAKE_CRASH: '1' },
    dataDir: `${folder.path}/broken`,
    log: (line) => pids.push(Number(/hello from process (\d+)/.exec(line)?.[1] ?? 0)),
  });
  await expect(failed).rejects.toThrow(
    /realtime \d ended before it was ready \(exit code 3\)\. Its last lines:\n[\s\S]*this program is broken/,
  );
  const started = pids.filter((pid) => pid > 0);
  expect(started.length).toBeGreaterThan(0);
  expect(started.some(runs)).toBe(false);
});

test('without Redis it says what is missing and what would help', async () => {
  const cluster = startStack({ entries, environment: { PATH: '' }, dataDir: `${folder.path}/nothing` });
  await expect(cluster).rejects.toThrow(/(Redis|NATS) cannot be had on this machine[\s\S]*What would help/);
});

test('without MongoDB and S3 it runs, and names them', { timeout: startMs }, async () => {
  // The machine's PATH less Java and Go, and a cache without what they have built.
  using programs = new TemporaryFolder();
  for (const name of ['redis-server', 'nats-server']) {
    programs.program(name, `exec ${findProgram(name, process.env)} "$@"`);
  }
  await using stack = await startStack({
    entries,
    environment: { PATH: programs.path, XDG_CACHE_HOME: programs.path, HOME: programs.path, PORT: '0' },
    dataDir: `${folder.path}/three`,
  });
  expect(Object.keys(stack.missing).sort()).toEqual(['mongodb', 's3']);
  const [api] = stack.api;
  if (!api) throw new Error('there is no api');
  const environment = await environmentOf(api);
  expect(environment.MONGO_URL).toBeUndefined();
  expect(environment.MINIO_ENDPOINT).toBeUndefined();
});
