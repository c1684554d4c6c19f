/** The migrations this program has, those a database had, and whether the two fit together. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';

/** The database and the program's migrations do not fit together; the message says what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

export interface Migration {
  name: string;
  file: string;
  sql: string;
}

/** A row of Prisma's table that was not rolled back. */
export interface Entry {
  name: string;
  checksum: string;
  finished: boolean;
  logs: string | null;
}

/** Prisma's own definition of its table. */
export const createHistory = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
)`;

const selectHistory = `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished, logs
    FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY migration_name`;

/** Reads `<directory>/<name>/migration.sql`, in the order of the names. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  // By code unit, as Prisma sorts: an order that depends on the locale would differ between machines.
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  if (names.length === 0) throw new MigrationError(`There are no migrations in ${directory}`);
  return Promise.all(
    names.map(async (name) => {
      const file = join(directory, name, 'migration.sql');
      return { name, file, sql: await readFile(file, 'utf8') };
    }),
  );
}

export async function readHistory(client: pg.Client): Promise<Entry[]> {
  try {
    return (await client.query<Entry>(selectHistory)).rows;
  } catch (error) {
    // undefined_table: a fresh database.
    if ((error as pg.DatabaseError).code === '42P01') return [];
    throw error;
  }
}

/** What is left to apply, or what keeps this program and the database apart. */
export function compare(
  migrations: Migration[],
  history: Entry[],
): { pending: Migration[]; problem?: string } {
  for (const entry of history) {
    const problem = problemOf(entry, migrations);
    if (problem) return { pending: [], problem };
  }
  const done = new Set(history.map((entry) => entry.name));
  return { pending: migrations.filter((migration) => !done.has(migration.name)) };
}

function problemOf({ name, checksum, finished, logs }: Entry, migrations: Migration[]): string | undefined {
  const migration = migrations.find((known) => known.name === name);
  const latest = migrations.at(-1)?.name ?? '';
  if (!finished) {
    const cause = logs ? ` (${logs.trim()})` : '';
    return (
      `Migration ${name} failed half-way under another tool${cause}. Mend the database by hand, then record that with ` +
      `"npx prisma migrate resolve --applied ${name}", or with --rolled-back to have it applied again.`
    );
  }
  if (!migration && name > latest) {
    return (
      `The database is newer than this program: migration ${name} was applied by a later version, and this one ends at ` +
      `${latest}. Start that version, or restore a backup from before.`
    );
  }
  if (!migration)
    return `Migration ${name} was applied to the database, but its file is missing. Restore it.`;
  if (checksums(migration.sql).includes(checksum)) return undefined;
  return `Migration ${name} was edited after it was applied. Restore ${migration.file}; a change goes into a new one.`;
}

/** As it is, which is what Prisma records; and, as Prisma does too, as git may have changed its line ends. */
function checksums(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map(checksumOf);
}

/** What Prisma records of a migration's text. */
export function checksumOf(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}
