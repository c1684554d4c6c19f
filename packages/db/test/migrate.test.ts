import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { migrate } from '../src/migrate.ts';

const repository = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

let directory: string;
let database: TestDatabase;
let client: pg.Client;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-migrations-'));
  database = await createTestDatabase({ empty: true });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterEach(async () => {
  await client.end();
  await database.drop();
  await rm(directory, { recursive: true });
});

async function put(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, 'migration.sql'), sql);
}

async function tables(): Promise<string[]> {
  const sql = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_%' ORDER BY 1`;
  return (await client.query<{ tablename: string }>(sql)).rows.map((row) => row.tablename);
}

async function history(): Promise<Record<string, unknown>[]> {
  return (await client.query('SELECT * FROM _prisma_migrations ORDER BY migration_name')).rows;
}

/** Whether Prisma's lock is free, seen from another session. */
async function lockIsFree(): Promise<boolean> {
  const { rows } = await client.query('SELECT pg_try_advisory_lock(72707369) AS free');
  await client.query('SELECT pg_advisory_unlock_all()');
  return rows[0].free;
}

describe('a fresh database', () => {
  test('gets every migration of the repository, recorded as Prisma records them', async () => {
    const lines: string[] = [];
    const { applied } = await migrate(database.url, { log: (line) => lines.push(line) });

    expect(applied[0]).toBe('20261121000000_init');
    expect(lines).toHaveLength(applied.length);
    expect(await tables()).toContain('chat_participants');
    const rows = await history();
    expect(rows.map((row) => row.migration_name)).toEqual(applied);
    for (const row of rows) {
      const file = await readFile(join(repository, String(row.migration_name), 'migration.sql'));
      expect(row).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        checksum: createHash('sha256').update(file).digest('hex'),
        migration_name: row.migration_name,
        started_at: expect.any(Date),
        finished_at: expect.any(Date),
        logs: null,
        rolled_back_at: null,
        applied_steps_count: 1,
      });
      expect(Number(row.finished_at)).toBeGreaterThanOrEqual(Number(row.started_at));
    }
    expect(await lockIsFree()).toBe(true);
  });

  test('gets them in the order of their names', async () => {
    await put('2_second', 'INSERT INTO a VALUES (2);');
    await put('1_first', 'CREATE TABLE a (n int); INSERT INTO a VALUES (1);');
    await writeFile(join(directory, 'migration_lock.toml'), 'provider = "postgresql"');
    expect(await migrate(database.url, { directory })).toEqual({ applied: ['1_first', '2_second'] });
    expect((await client.query('SELECT n FROM a')).rows).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

describe('a database that was migrated before', () => {
  beforeEach(async () => {
    await put('1_first', 'CREATE TABLE a (n int);\n');
    await put('2_second', 'CREATE TABLE b (n int);\n');
    await migrate(database.url, { directory });
  });

  test('is left as it is, without waiting for a lock', async () => {
    const before = await history();
    await client.query('SELECT pg_advisory_lock(72707369)');
    expect(await migrate(database.url, { directory })).toEqual({ applied: [] });
    expect(await history()).toEqual(before);
  });

  test('gets only what is new', async () => {
    await put('3_third', 'CREATE TABLE c (n int);');
    expect(await migrate(database.url, { directory })).toEqual({ applied: ['3_third'] });
    expect(await tables()).toEqual(['a', 'b', 'c']);
  });

  test('is refused when a migration was edited, and nothing new is applied', async () => {
    await put('1_first', 'CREATE TABLE a (n bigint);\n');
    await put('3_third', 'CREATE TABLE c (n int);');
    await expect(migrate(database.url, { directory })).rejects.toThrow(
      /^Migration 1_first was edited after it was applied\. Restore .*1_first/,
    );
    expect(await tables()).toEqual(['a', 'b']);
    expect(await lockIsFree()).toBe(true);
  });

  test('does not mind line ends that git changed', async () => {
    await put('1_first', 'CREATE TABLE a (n int);\r\n');
    expect(await migrate(database.url, { directory })).toEqual({ applied: [] });
  });

  test('is refused when the file of a migration is missing', async () => {
    await rm(join(directory, '1_first'), { recursive: true });
    await expect(migrate(database.url, { directory })).rejects.toThrow(
      'Migration 1_first was applied to the database, but its file is missing',
    );
  });

  test('is refused when it is newer than the program', async () => {
    await rm(join(directory, '2_second'), { recursive: true });
    await expect(migrate(database.url, { directory })).rejects.toThrow(
      'newer than this program: migration 2_second was applied by a later version, and this one ends at 1_first',
    );
  });

  test('is refused when another tool failed half-way, until that is resolved', async () => {
    const half = `UPDATE _prisma_migrations SET finished_at = NULL, logs = 'no disk'`;
    await client.query(`${half} WHERE migration_name = '2_second'`);
    await expect(migrate(database.url, { directory })).rejects.toThrow(
      'Migration 2_second failed half-way under another tool (no disk). Mend the database by hand',
    );
    await client.query('DROP TABLE b');
    await client.query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL`);
    expect(await migrate(database.url, { directory })).toEqual({ applied: ['2_second'] });
  });
});

describe('several instances at once', () => {
  test('apply each migration once', async () => {
    // Long enough that the others come while the first works.
    await put('1_first', 'CREATE TABLE a (n int); SELECT pg_sleep(0.3);');
    await put('2_second', 'CREATE TABLE b (n int);');
    const lines: string[] = [];
    const instance = () => migrate(database.url, { directory, log: (line) => lines.push(line) });
    const results = await Promise.all([instance(), instance(), instance()]);
    expect(results.flatMap((result) => result.applied)).toEqual(['1_first', '2_second']);
    expect(lines.filter((line) => line.includes('waiting'))).toHaveLength(2);
    expect(await history()).toHaveLength(2);
  });

  test('do not wait for ever', async () => {
    await put('1_first', 'CREATE TABLE a (n int);');
    await client.query('SELECT pg_advisory_lock(72707369)');
    await expect(migrate(database.url, { directory, lockTimeoutMs: 50 })).rejects.toThrow(
      'Another instance has been migrating the database for over 0.05 s',
    );
  });
});

describe('a migration that fails', () => {
  beforeEach(async () => {
    await put('1_first', 'CREATE TABLE a (n int);');
    await put('2_second', '-- 中文 👋\nCREATE TABLE b (n int);\n\nINSERT INTO missing VALUES (1);');
  });

  test('is rolled back and told with its place; those before it stay; mended, it is applied', async () => {
    await expect(migrate(database.url, { directory })).rejects.toThrow(
      /^Migration 2_second failed and was rolled back: relation "missing" does not exist \(.*migration\.sql:4\)$/,
    );
    expect(await tables()).toEqual(['a']);
    expect(await lockIsFree()).toBe(true);
    await put('2_second', 'CREATE TABLE b (n int);');
    expect(await migrate(database.url, { directory })).toEqual({ applied: ['2_second'] });
  });
});

test('takes a pool, whose password and time limits do not get in the way', async () => {
  await put('1_first', 'SELECT pg_sleep(0.3); CREATE TABLE a (n int);');
  const { hostname: host, port, username: user, password, pathname } = new URL(database.url);
  const address = { host, port: Number(port), user, password, database: pathname.slice(1) };
  const pool = new pg.Pool({ ...address, query_timeout: 100, statement_timeout: 100 });
  expect(await migrate(pool, { directory })).toEqual({ applied: ['1_first'] });
  expect(pool.totalCount).toBe(0);
  await pool.end();
});

test('a program without migrations is refused', async () => {
  await expect(migrate(database.url, { directory })).rejects.toThrow('There are no migrations in');
});
