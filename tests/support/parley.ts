/**
 * A whole Parley in one line, on a database of its own and free ports. The same tests run on both sets of engines: one process on the
 * embedded ones, and api, two realtime and workers on PostgreSQL, MongoDB, Redis and NATS behind api's port.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, parseConfig } from '@parley/platform';
import type { RuntimeOverrides } from '@parley/runtime';
import { createStandalone } from '@parley/standalone';
import { inject } from 'vitest';
import { createTestDatabase } from './postgres.ts';
import { type Program, type Runtime, startApi, startRealtime, startWorkers } from './programs.ts';
import { Rest, type SignedIn } from './rest.ts';
import { type ClusterStores, startClusterStores } from './stores.ts';

export interface TestParley extends AsyncDisposable {
  readonly url: string;
  readonly rest: Rest;
  readonly databaseUrl: string;
  /** The runtimes of all programs, for what no client can see. */
  readonly runtimes: readonly Runtime[];
  /** A new user, signed in by phone and code like anyone. */
  user(name?: string, phone?: string): Promise<SignedIn>;
  /** A further instance on the same stores, as in a cluster. */
  another(env?: Record<string, string>): Promise<TestParley>;
  /** Stops all programs and starts them again, on the same stores and the same public port. */
  restart(): Promise<void>;
  /** Resolves when everything accepted so far is stored, published and handled. */
  settled(): Promise<void>;
}

let phones = 0;

/** A phone number that no other test of this file uses. */
export function newPhone(): string {
  return `+4915${String(++phones).padStart(8, '0')}`;
}

export function testConfig(env: Record<string, string> = {}): Config {
  return parseConfig({
    PORT: '0',
    OTP_ECHO: 'true',
    OTP_HASH_COST: '4',
    LOG_LEVEL: 'silent',
    RATE_LIMIT_SCALE: '0',
    JWT_SECRET: 'a-secret-for-tests-only-0123456789abcdef',
    ...env,
  });
}

/** Starts Parley on fresh stores; `await using` ends it. A test may bring a clock of its own. */
export async function startParley(
  env: Record<string, string> = {},
  overrides: RuntimeOverrides = {},
): Promise<TestParley> {
  await using cleanup = new AsyncDisposableStack();
  const database = cleanup.use(await createTestDatabase());
  const distributed = inject('engines') === 'distributed';
  const stores = distributed ? cleanup.use(await startClusterStores()) : null;
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-files-'));
  cleanup.defer(() => rm(dataDir, { recursive: true, force: true }));
  const base = { DATABASE_URL: database.url, PARLEY_DATA_DIR: dataDir, ...stores?.env };
  const parley = cleanup.use(await start(stores, base, env, overrides));
  const all = cleanup.move();
  // `runtimes` is read when it is asked for: a restart makes others.
  return Object.defineProperty(parley, Symbol.asyncDispose, { value: () => all.disposeAsync() });
}

async function start(
  stores: ClusterStores | null,
  base: { DATABASE_URL: string; PARLEY_DATA_DIR: string },
  env: Record<string, string>,
  overrides: RuntimeOverrides,
): Promise<TestParley> {
  const begin = (more: Record<string, string> = {}) =>
    (stores ? startCluster : startSingle)({ ...base, ...env, ...more }, overrides);
  let programs = await begin();
  const { url } = programs.at(-1) as Program;
  const rest = new Rest(url);
  const close = async () => {
    for (const program of programs.toReversed()) await program.close();
  };
  return {
    url,
    rest,
    databaseUrl: base.DATABASE_URL,
    get runtimes() {
      return programs.map((program) => program.runtime);
    },
    async user(name, phone = newPhone()) {
      const user = await rest.signIn(phone);
      if (name !== undefined)
        await rest.call('PATCH', '/users/me', { token: user.token, body: { display_name: name } });
      return user;
    },
    another: (more = {}) => start(stores, base, { ...env, ...more }, overrides),
    async restart() {
      await close();
      programs = await begin({ PORT: new URL(url).port });
    },
    async settled() {
      await Promise.all(programs.map((program) => program.runtime.settled()));
      await stores?.settled();
    },
    [Symbol.asyncDispose]: close,
  };
}

type Starting = [env: Record<string, string>, overrides: RuntimeOverrides];

async function startSingle(...[env, overrides]: Starting): Promise<Program[]> {
  return [await createStandalone(testConfig(env), overrides)];
}

/** The last one is the public port. */
async function startCluster(...[env, overrides]: Starting): Promise<Program[]> {
  const config = testConfig({ ...env, PORT: '0' });
  const inner = await Promise.all([
    startRealtime(config, overrides),
    startRealtime(config, overrides),
    startWorkers(config, overrides),
  ]);
  const urls = inner.slice(0, 2).map((program) => program.url);
  return [...inner, await startApi(testConfig({ ...env, REALTIME_URL: urls.join(',') }), overrides)];
}
