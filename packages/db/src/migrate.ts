/**
 * Applies prisma/migrations. Prisma's own engine is a separate download; this runner takes its place and keeps its
 * conventions (the table `_prisma_migrations`, its checksums, its advisory lock), so that Prisma's tools agree with it and
 * can be used beside it.
 *
 * Each migration is one transaction with its record: one that fails leaves nothing behind and is tried again at the next
 * start. Statements that PostgreSQL refuses inside a transaction (CREATE INDEX CONCURRENTLY) can therefore not stand there.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import {
  checksumOf,
  compare,
  createHistory,
  type Migration,
  MigrationError,
  readHistory,
  readMigrations,
} from './migration-history.ts';

/** The key of Prisma's own lock: `prisma migrate` and this runner keep each other out. */
const lockKey = 72_707_369;
const connectMs = 10_000;

// now() is when the transaction, and so the migration, began.
const insertHistory = `INSERT INTO "_prisma_migrations"
    (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
    VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`;

export interface MigrateOptions {
  /** Holds `<name>/migration.sql`; by default the repository's prisma/migrations. */
  directory?: string;
  /** Told in one line of each migration that is applied, and of waiting for another instance. */
  log?(line: string): void;
  /** How long to wait for another instance that is migrating; by default 5 minutes. */
  lockTimeoutMs?: number;
}

/**
 * Brings the database up to date. Any number of instances may call it at once: one works, the others wait and find nothing
 * to do. When there is nothing to do it costs one query and takes no lock.
 *
 * @param target a connection URL, or a pool for its settings: the work is done on a connection of its own, without the
 *   pool's time limits. The lock needs one session, so behind PgBouncer this must be the direct address.
 * @returns the names of the migrations that this call applied
 * @throws {MigrationError} when an applied migration was edited or is missing, when one failed half-way under another tool,
 *   when the database is newer than this program, or when a migration fails
 */
export async function migrate(
  target: string | pg.Pool,
  options: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(options.directory ?? defaultDirectory());
  const client = new pg.Client({
    ...(typeof target === 'string' ? { connectionString: target } : settingsOf(target)),
    application_name: 'parley migrate',
    connectionTimeoutMillis: connectMs,
    // Large tables take long to alter; zero stands for no limit.
    query_timeout: 0,
    statement_timeout: 0,
  });
  // A connection that breaks also fails the query that waits on it; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    const { pending, problem } = compare(migrations, await readHistory(client));
    if (!problem && pending.length === 0) return { applied: [] };
    // What looks like a problem may be another instance, or Prisma, at work: look again under the lock.
    await lock(client, options);
    return { applied: await applyPending(client, migrations, options) };
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}

function defaultDirectory(): string {
  return fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));
}

function settingsOf({ options }: pg.Pool): pg.ClientConfig {
  // The pool keeps it out of sight of a spread.
  const { password } = options;
  return password === undefined ? { ...options } : { ...options, password };
}

async function lock(client: pg.Client, { log, lockTimeoutMs = 300_000 }: MigrateOptions): Promise<void> {
  const tried = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [lockKey]);
  if (tried.rows[0]?.taken) return;
  log?.('another instance is migrating the database; waiting for it');
  await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
  } catch (error) {
    if ((error as pg.DatabaseError).code !== '55P03') throw error;
    const text = `Another instance has been migrating the database for over ${lockTimeoutMs / 1000} s. See what keeps it.`;
    throw new MigrationError(text, { cause: error });
  }
  await client.query('RESET lock_timeout');
}

async function applyPending(
  client: pg.Client,
  migrations: Migration[],
  { log }: MigrateOptions,
): Promise<string[]> {
  await client.query(createHistory);
  const { pending, problem } = compare(migrations, await readHistory(client));
  if (problem) throw new MigrationError(problem);
  for (const migration of pending) {
    const started = performance.now();
    await apply(client, migration);
    log?.(`applied migration ${migration.name} in ${Math.round(performance.now() - started)} ms`);
  }
  return pending.map((migration) => migration.name);
}

async function apply(client: pg.Client, { name, file, sql }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(insertHistory, [randomUUID(), checksumOf(sql), name]);
    await client.query('COMMIT');
  } catch (error) {
    // On a broken connection there is nothing left to roll back.
    await client.query('ROLLBACK').catch(() => {});
    const { message, position } = error as pg.DatabaseError;
    const where = position ? `${file}:${lineAt(sql, Number(position))}` : file;
    throw new MigrationError(`Migration ${name} failed and was rolled back: ${message} (${where})`, {
      cause: error,
    });
  }
}

/** The line of a position as PostgreSQL counts: in characters, from 1. */
function lineAt(sql: string, position: number): number {
  const before = [...sql].slice(0, position - 1);
  return before.filter((character) => character === '\n').length + 1;
}
