/** The databases of a test run, copied from a template that has all migrations applied. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../packages/db/src/migrate.ts';
import { startEmbeddedPostgres } from '../../packages/platform/src/embedded-postgres/index.ts';

const dataDirPrefix = 'parley-test-';
/** Linux's directory in memory, where making a database takes a fraction of the time that a disk takes. */
const memory = '/dev/shm';
/** What a run may need; containers often have 64 MB there. */
const memoryBytes = 2 ** 31;

/** Nothing outlives the run, so nothing needs to survive a crash. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '300',
  max_wal_size: '128MB',
  // Inside the data directory, so that it goes with it.
  dynamic_shared_memory_type: 'mmap',
};

interface Server {
  url: string;
  stop(): Promise<void>;
}

interface Opened {
  server: Server;
  admin: pg.Pool;
  template: string;
}

export class TestDatabases {
  /** Tells this run's databases from those of others on the same server. */
  readonly #prefix = `parley_test_${randomBytes(4).toString('hex')}`;
  readonly #names = new Set<string>();
  #opened: Promise<Opened> | undefined;
  #count = 0;

  /** @returns the URL of a new database */
  async create({ empty }: { empty: boolean }): Promise<string> {
    this.#opened ??= this.#open();
    const { server, admin, template } = await this.#opened;
    return this.#copy(server, admin, empty ? 'template0' : template);
  }

  /** Removes a database of this run. */
  async drop(name: string): Promise<void> {
    const opened = await this.#opened;
    if (!opened || !this.#names.delete(name)) throw new Error(`${name} is not a database of this test run`);
    await opened.admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  }

  /** Removes what the test files left, and the server if it was started for them. */
  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    if (!opened) return;
    try {
      if (process.env.TEST_DATABASE_URL) for (const name of [...this.#names]) await this.drop(name);
      await opened.admin.end();
    } finally {
      await opened.server.stop();
    }
  }

  async #open(): Promise<Opened> {
    const url = process.env.TEST_DATABASE_URL;
    const server = url ? { url, stop: async () => {} } : await startServer();
    // One connection: databases are made one after the other, which is as fast.
    const admin = new pg.Pool({ connectionString: server.url, max: 1, idleTimeoutMillis: 0 });
    // Told that the server ends; a query that needed it fails by itself.
    admin.on('error', () => {});
    try {
      const migrated = await this.#copy(server, admin, 'template0');
      await migrate(migrated);
      return { server, admin, template: nameOf(migrated) };
    } catch (error) {
      await admin.end();
      await server.stop();
      throw error;
    }
  }

  async #copy(server: Server, admin: pg.Pool, template: string): Promise<string> {
    const name = `${this.#prefix}_${this.#count++}`;
    this.#names.add(name);
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    const url = new URL(server.url);
    url.pathname = name;
    return url.href;
  }
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function startServer(): Promise<Server> {
  const parent = hasRoom(memory) ? memory : tmpdir();
  await removeLeftovers(parent);
  const base = mkdtempSync(join(parent, `${dataDirPrefix}${process.pid}-`));
  // Ctrl-C ends Vitest without its teardown.
  const abandon = () => remove(base);
  process.once('exit', abandon);
  try {
    // As root, PostgreSQL runs as another user, who must get in.
    chmodSync(base, 0o755);
    const server = await startEmbeddedPostgres({ dataDir: join(base, 'postgres'), settings });
    // Behind the listener that ends the server.
    process.off('exit', abandon).once('exit', abandon);
    return { url: server.url, stop: () => server.stop().finally(() => remove(base)) };
  } catch (error) {
    remove(base);
    throw error;
  }
}

function hasRoom(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize >= memoryBytes;
  } catch {
    return false;
  }
}

/** Stops and removes the servers of test runs that were killed. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(dataDirPrefix) ? Number.parseInt(name.slice(dataDirPrefix.length), 10) : 0;
    if (!(pid > 0) || isRunning(pid)) continue;
    const base = join(parent, name);
    try {
      // Starting on its data directory stops the one that still runs there.
      const server = await startEmbeddedPostgres({ dataDir: join(base, 'postgres'), settings });
      await server.stop();
    } catch {
      // Unusable, so there is nothing that runs.
    }
    remove(base);
  }
}

function remove(base: string): void {
  try {
    rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  } catch {
    // Something still writes there; the next run removes it.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Otherwise it is another user's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
