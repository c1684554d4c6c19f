/** What an operator's command needs of a running Parley: its database, and nothing else is started. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DeadLetterStore } from '@parley/core';
import { PostgresDeadLetterStore, Sql } from '@parley/db';
import type { Config } from '@parley/platform';

export interface Operator {
  deadLetters: DeadLetterStore;
  close(): Promise<void>;
}

/**
 * Opens the database of `DATABASE_URL`, else the embedded one of the Parley that runs on the data directory.
 *
 * @throws {Error} where none can be reached, or it holds no tables of this version, with what to do
 */
export async function openOperator(
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'storeTimeoutMs'>,
): Promise<Operator> {
  const url = config.databaseUrl ?? runningDatabase(config.dataDir);
  const sql = new Sql({ url, poolSize: 2, timeoutMs: config.storeTimeoutMs });
  try {
    const [found] = await sql.rows<{ ready: boolean }>(
      'ready',
      `SELECT to_regclass('dead_letters') IS NOT NULL AS ready`,
      [],
    );
    if (!found?.ready) throw new Error('The database holds no tables of Parley: start the server once.');
  } catch (error) {
    await sql.close();
    throw error;
  }
  return { deadLetters: new PostgresDeadLetterStore(sql), close: () => sql.close() };
}

/** Where the embedded PostgreSQL under a data directory listens (packages/platform/src/embedded-postgres). */
function runningDatabase(dataDir: string): string {
  const data = join(resolve(dataDir), 'postgres');
  const pidFile = join(data, 'postmaster.pid');
  const away = new Error(
    `No server runs on the data directory ${resolve(dataDir)}: start it with npm start, or set DATABASE_URL.`,
  );
  if (!existsSync(pidFile)) throw away;
  // The process, the port and the state are lines 1, 4 and 8 (PostgreSQL's pidfile.h).
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  const [pid, port, state] = [Number(lines[0]), Number(lines[3]), lines[7]?.trim()];
  if (!isRunning(pid) || !Number.isInteger(port) || state !== 'ready') throw away;
  const password = readFileSync(`${data}.password`, 'utf8').trim();
  return `postgresql://parley:${password}@127.0.0.1:${port}/parley`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
