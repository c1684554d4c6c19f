/** A cluster on this machine: the stores, and the programs of Parley as processes of their own. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockDataDir } from '@parley/platform/embedded-postgres';
import { freePort } from '../local/port.ts';
import { type RunningStores, startStores } from '../stores/all.ts';
import { EngineNotAvailable, type RunningStore, type StoreName } from '../types.ts';
import { Program, type ProgramKind } from './program.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const required: readonly StoreName[] = ['postgresql', 'redis', 'nats'];
const optional = ['mongodb', 's3'] as const satisfies StoreName[];

export interface StackOptions {
  /** How many of each; 1, 2 and 2 by default. */
  api?: number;
  realtime?: number;
  workers?: number;
  /** As for `npm start`; by default `process.env`. Stores that it names are used, the others are started. */
  environment?: NodeJS.ProcessEnv;
  /** Where the stores keep their data: PARLEY_DATA_DIR of the environment, else `.data/stack`. */
  dataDir?: string;
  /** Receives what programs print (stores too with LOG_LEVEL=debug), and what the stack has to say. */
  log?: (line: string) => void;
  /** Stores that are not started though they could be: messages are in PostgreSQL then, files in the data directory. */
  without?: readonly (typeof optional)[number][];
  /** The files that Node runs; by default those of apps/. */
  entries?: Partial<Record<ProgramKind, string>>;
}

export interface Stack extends AsyncDisposable {
  readonly api: readonly Program[];
  readonly realtime: readonly Program[];
  readonly workers: readonly Program[];
  readonly stores: Readonly<Partial<Record<StoreName, RunningStore>>>;
  /** Why the other stores cannot be had. */
  readonly missing: Readonly<Partial<Record<StoreName, string>>>;
  /** The environment that all programs share. */
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** Sends a signal to one program, as a crash or an operator would. */
  kill(program: Program, signal: NodeJS.Signals): void;
  /** Ends the programs, 12 s at most, then the stores. */
  stop(): Promise<void>;
}

/**
 * Starts the stores, then the realtime programs, then api and workers; resolves when all are ready.
 *
 * @throws {EngineNotAvailable} when PostgreSQL, Redis or NATS cannot be had
 * @throws {Error} when something does not start, with its last lines; 'another Parley uses this data directory'
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { environment = process.env, log = () => {} } = options;
  const dataDir = resolve(options.dataDir ?? (environment.PARLEY_DATA_DIR || join(root, '.data/stack')));
  // A server's own account of its start is of interest to few.
  const chatty = environment.LOG_LEVEL === 'debug' || environment.LOG_LEVEL === 'trace';
  const lock = lockDataDir(dataDir);
  const programs: Program[] = [];
  let stores: RunningStores | undefined;
  const stop = async () => {
    await Promise.all(programs.map((program) => program.stop()));
    await stores?.[Symbol.asyncDispose]();
    lock.release();
  };
  try {
    stores = await startStores({
      only: [...required, ...optional.filter((name) => !options.without?.includes(name))],
      environment,
      dataDir,
      variables: 'program',
      notice: log,
      ...(chatty && { log }),
      onExit: ({ name, pid, code, signal }) =>
        log(`${name} (process ${pid}) ended by itself: ${signal ?? `exit code ${code}`}`),
    });
    for (const name of required) {
      const reason = stores.missing[name];
      if (reason) throw new EngineNotAvailable(name, reason);
    }
    const shared = sharedEnvironment(environment, dataDir, stores.env);
    const start = async (kind: ProgramKind, each: NodeJS.ProcessEnv[]): Promise<Program[]> => {
      const entry = options.entries?.[kind] ?? join(root, 'apps', kind, 'src/main.ts');
      const started = each.map((own, index) => {
        return new Program({ kind, number: index + 1, entry, environment: { ...shared, ...own }, log });
      });
      programs.push(...started);
      await Promise.all(started.map((program) => program.start()));
      return started;
    };
    // Its address is given to api, so it stays the same when it is started again.
    const internal = async () => ({ HOST: '127.0.0.1', PORT: String(await freePort()) });
    const realtime = await start('realtime', await Promise.all(times(options.realtime ?? 2, internal)));
    const REALTIME_URL = realtime.map((program) => program.url).join(',');
    const apiPort = environment.PORT || '8080';
    const ports = times(options.api ?? 1, (index) => ({ REALTIME_URL, PORT: index === 0 ? apiPort : '0' }));
    const [api, workers] = await Promise.all([
      start('api', ports),
      start('workers', await Promise.all(times(options.workers ?? 2, internal))),
    ]);
    return {
      api,
      realtime,
      workers,
      stores: stores.stores,
      missing: stores.missing,
      environment: shared,
      kill: (program, signal) => program.kill(signal),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sharedEnvironment(
  environment: NodeJS.ProcessEnv,
  dataDir: string,
  stores: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  return {
    ...environment,
    ...stores,
    ...(environment.MINIO_BUCKET && { MINIO_BUCKET: environment.MINIO_BUCKET }),
    JWT_SECRET: environment.JWT_SECRET || keptSecret(dataDir),
    PARLEY_DATA_DIR: join(dataDir, 'programs'),
  };
}

/** Kept, so that who is signed in stays so when the stack is started again. */
function keptSecret(dataDir: string): string {
  const file = join(dataDir, 'jwt-secret');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const secret = randomBytes(32).toString('hex');
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
