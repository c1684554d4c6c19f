/** All five stores at once. */
import { join } from 'node:path';
import { type Probe, prepareStore, probeStore, type Store, startStore } from '../engines/way.ts';
import type { StartOptions } from '../options.ts';
import { EngineNotAvailable, type RunningStore, type StoreName } from '../types.ts';
import { mongoStore } from './mongo.ts';
import { natsStore } from './nats.ts';
import { postgresStore } from './postgres.ts';
import { redisStore } from './redis.ts';
import { s3Store } from './s3.ts';

const all: readonly Store[] = [postgresStore, redisStore(), natsStore, mongoStore, s3Store];

/** As for one store; `dataDir` is the parent of a folder for each. */
export interface StoresOptions extends Omit<StartOptions, 'port' | 'sources'> {
  /** Which to start; all by default. */
  only?: readonly StoreName[];
}

export interface RunningStores extends AsyncDisposable {
  readonly stores: Readonly<Partial<Record<StoreName, RunningStore>>>;
  /** Why the others cannot be had. */
  readonly missing: Readonly<Partial<Record<StoreName, string>>>;
  /** The variables by which a program of Parley finds all of them. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts the stores that can be had on this machine, all at the same time.
 *
 * @throws {Error} when one is there but does not start; the others are stopped
 */
export async function startStores({
  only,
  dataDir,
  log,
  ...options
}: StoresOptions = {}): Promise<RunningStores> {
  const wanted = all.filter(({ name }) => only?.includes(name) ?? true);
  const results = await Promise.allSettled(
    wanted.map((store) =>
      startStore(store, {
        ...options,
        ...(log && { log: (line: string) => log(`[${store.name}] ${line}`) }),
        ...(dataDir !== undefined && { dataDir: join(dataDir, store.name) }),
      }),
    ),
  );
  const stores: Partial<Record<StoreName, RunningStore>> = {};
  const missing: Partial<Record<StoreName, string>> = {};
  const failures: unknown[] = [];
  for (const result of results) {
    if (result.status === 'fulfilled') stores[result.value.name] = result.value;
    else if (result.reason instanceof EngineNotAvailable)
      missing[result.reason.store] = result.reason.message;
    else failures.push(result.reason);
  }
  const running = Object.values(stores);
  const dispose = async () => {
    await Promise.all(running.map((store) => store[Symbol.asyncDispose]()));
  };
  if (failures.length > 0) {
    await dispose();
    throw failures[0];
  }
  const env = Object.assign({}, ...running.map((store) => store.env));
  return { stores, missing, env, [Symbol.asyncDispose]: dispose };
}

/** What `startStores` would start, or why not, without starting, building or installing anything. */
export function probeEngines(options: StartOptions = {}): Promise<Record<StoreName, Probe>> {
  return eachStore((store) => probeStore(store, options));
}

/** Builds or installs what `startStores` would start; says what it is, or why it cannot be had. Takes minutes at most, once. */
export function prepareEngines(options: StartOptions = {}): Promise<Record<StoreName, Probe>> {
  return eachStore((store) => prepareStore(store, options));
}

async function eachStore(look: (store: Store) => Promise<Probe>): Promise<Record<StoreName, Probe>> {
  const found = await Promise.all(all.map(async (store) => [store.name, await look(store)] as const));
  return Object.fromEntries(found) as Record<StoreName, Probe>;
}
