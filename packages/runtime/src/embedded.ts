/**
 * The database of the embedded runtime: the real PostgreSQL in a child process, nothing to install but npm packages. If it
 * ends by itself it is started again on the same port; until then requests answer 503, like with any store that is away.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config, Logger } from '@parley/platform';
import {
  type EmbeddedPostgres,
  lockDataDir,
  startEmbeddedPostgres,
} from '@parley/platform/embedded-postgres';

export interface Database {
  url: string;
  /** Ends the server if this process started it. */
  stop(): Promise<void>;
}

/** Seconds between attempts to start a server that ended by itself. */
const restartSeconds = [0, 1, 2, 5, 10];

/** The database that the configuration names, or the embedded one under the data directory. */
export async function openDatabase(config: Config, log: Logger): Promise<Database> {
  if (config.databaseUrl !== null) {
    return { url: config.databaseUrl, stop: async () => undefined };
  }
  const dataDir = resolve(config.dataDir);
  await mkdir(dataDir, { recursive: true });
  const lock = lockDataDir(dataDir);
  try {
    return await supervise(join(dataDir, 'postgres'), log, () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function supervise(dataDir: string, log: Logger, release: () => void): Promise<Database> {
  const onLine = (line: string) => log.debug({ line }, 'postgresql');
  let postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, log: onLine });
  const { url, port } = postgres;
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const exit = await postgres.exited;
      if (stopping.signal.aborted) return;
      log.error({ ...exit }, 'the embedded PostgreSQL ended by itself: it is started again');
      postgres = (await restart()) ?? postgres;
    }
  })();

  async function restart(): Promise<EmbeddedPostgres | undefined> {
    for (let attempt = 0; !stopping.signal.aborted; attempt++) {
      try {
        await pause((restartSeconds[attempt] ?? 10) * 1000, undefined, { signal: stopping.signal });
        return await startEmbeddedPostgres({ dataDir, port, log: onLine });
      } catch (error) {
        if (!stopping.signal.aborted)
          log.error({ err: error }, 'the embedded PostgreSQL could not be started again');
      }
    }
    return undefined;
  }

  return {
    url,
    async stop() {
      stopping.abort();
      await postgres.stop();
      await watching;
      // A restart that was under way when the stop began.
      await postgres.stop();
      release();
    },
  };
}
