import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  freshMongoUrl,
  type RunningStore,
  type StartOptions,
  startMongo,
  startNats,
  startPostgres,
  startRedis,
  startS3,
} from '../src/index.ts';
import { isFree } from '../src/local/port.ts';
import {
  type Client,
  mongoClient,
  natsClient,
  postgresClient,
  redisClient,
  s3Client,
} from './support/clients.ts';
import { TemporaryFolder } from './support/temporary.ts';
import { gone, runs, staysOpen, until } from './support/until.ts';

type Starter = (options?: StartOptions) => Promise<RunningStore>;
type Connect = (store: RunningStore) => Promise<Client>;

const kinds: [string, Starter, Connect][] = [
  ['redis', startRedis, redisClient],
  ['nats', startNats, natsClient],
  ['mongodb', startMongo, mongoClient],
  ['s3', startS3, s3Client],
  ['postgresql', startPostgres, postgresClient],
];

// Building an engine the first time takes a minute or two.
const buildMs = 5 * 60_000;
const systemTemporary = process.env.TMPDIR;
let temporary: TemporaryFolder;

beforeAll(() => {
  temporary = new TemporaryFolder();
  process.env.TMPDIR = temporary.path;
});

// Whatever a test starts is in this folder, and removes it.
afterEach(() => until('the data directory is removed', () => readdirSync(temporary.path).length === 0));

afterAll(() => {
  temporary[Symbol.dispose]();
  if (systemTemporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = systemTemporary;
});

describe.each(kinds)('%s', (name, start, connect) => {
  test('answers a client and leaves nothing behind', { timeout: buildMs }, async () => {
    const store = await start({ own: true });
    const pid = store.pid ?? 0;
    {
      await using client = await connect(store);
      await client.write('one');
      expect(await client.read()).toBe('one');
    }
    expect(store.name).toBe(name);
    expect(runs(pid)).toBe(true);
    await store[Symbol.asyncDispose]();
    expect(runs(pid)).toBe(false);
    expect(store.pid).toBeNull();
  });

  test('keeps its data, its URL and its variables through stop and start', async () => {
    await using store = await start({ own: true });
    const { url, env, pid } = store;
    {
      await using client = await connect(store);
      await client.write('kept');
    }
    await store.stop();
    expect(runs(pid ?? 0)).toBe(false);
    expect(await isFree(Number(new URL(url).port))).toBe(true);
    await store.start();
    expect(store.url).toBe(url);
    expect(store.env).toEqual(env);
    expect(store.pid).not.toBe(pid);
    await using client = await connect(store);
    expect(await client.read()).toBe('kept');
  });

  test('does not answer while it is paused, and goes on after', async () => {
    await using store = await start({ own: true });
    await using client = await connect(store);
    await client.write('slow');
    store.pause();
    const answer = client.read();
    expect(await staysOpen(answer)).toBe(true);
    store.resume();
    expect(await answer).toBe('slow');
  });

  test('ends while it is paused', async () => {
    await using store = await start({ own: true });
    const { pid } = store;
    store.pause();
    await store.stop();
    expect(runs(pid ?? 0)).toBe(false);
    await store.start();
    await using client = await connect(store);
    await client.write('again');
    expect(await client.read()).toBe('again');
  });

  test('keeps its data where it is told to', async () => {
    using folder = new TemporaryFolder();
    const dataDir = `${folder.path}/data`;
    for (const round of ['written', 'read']) {
      await using store = await start({ own: true, dataDir });
      await using client = await connect(store);
      if (round === 'written') await client.write('yesterday');
      else expect(await client.read()).toBe('yesterday');
    }
    expect(gone(dataDir)).toBe(false);
  });

  test('tells when it ends by itself', async () => {
    const ended = Promise.withResolvers<unknown>();
    await using store = await start({ own: true, onExit: ended.resolve });
    const { pid } = store;
    process.kill(pid ?? 0, 'SIGKILL');
    expect(await ended.promise).toEqual({ name, pid, code: null, signal: 'SIGKILL' });
    expect(store.pid).toBeNull();
    await store.start();
    await using client = await connect(store);
    await client.write('back');
    expect(await client.read()).toBe('back');
  });
});

test('a database of MongoDB for each test file', async () => {
  await using store = await startMongo({ own: true });
  const [one, other] = [freshMongoUrl(store.url), freshMongoUrl(store.url)];
  expect(one).not.toBe(other);
  await using first = await mongoClient({ ...store, url: one });
  await using second = await mongoClient({ ...store, url: other });
  await first.write('mine');
  expect(await second.read()).toBe('');
  expect(freshMongoUrl('mongodb://h:1/x?replicaSet=r')).toMatch(
    /^mongodb:\/\/h:1\/parley_\w{12}\?replicaSet=r$/,
  );
});

test('a server that cannot start says why', async () => {
  const broken = startRedis({ own: true, sources: ['path'], args: ['--no-such-setting', '1'] });
  await expect(broken).rejects.toThrow(
    /redis-server 7\S* ended at once\. Its last lines:\n[\s\S]*no-such-setting/,
  );
});

test('a port that is taken is an error, not a server of somebody else', async () => {
  await using first = await startRedis({ own: true });
  const port = Number(new URL(first.url).port);
  await expect(startRedis({ own: true, port, readyMs: 2000 })).rejects.toThrow(/Address already in use/);
});
