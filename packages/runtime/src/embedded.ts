/**
 * The runtime on embedded engines: one process, nothing to install but npm packages. PostgreSQL is the real one, in a child
 * process; key-value, presence, limits and the bus live in this process.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config, Logger } from '@parley/platform';
import { lockDataDir, startEmbeddedPostgres } from '@parley/platform/embedded-postgres';

export interface Database {
  url: string;
  /** Ends the server if this process started it. */
  stop(): Promise<void>;
  /** Resolves if the server ends by itself. */
  exited: Promise<unknown> | null;
}

/** The database that the configuration names, or the embedded one under the data directory. */
export async function openDatabase(config: Config, log: Logger): Promise<Database> {
  if (config.databaseUrl !== null) {
    return { url: config.databaseUrl, stop: async () => undefined, exited: null };
  }
  const dataDir = resolve(config.dataDir);
  await mkdir(dataDir, { recursive: true });
  const lock = lockDataDir(dataDir);
  try {
    const postgres = await startEmbeddedPostgres({
      dataDir: join(dataDir, 'postgres'),
      log: (line) => log.debug({ line }, 'postgresql'),
    });
    return {
      url: postgres.url,
      exited: postgres.exited,
      async stop() {
        await postgres.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
