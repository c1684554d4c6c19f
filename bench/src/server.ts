import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { endFamily, isStopping, type Running, track, untrack } from './children.ts';
import { descendants, type ProcStat } from './procfs.ts';

const READY_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 20_000;

/** What is measured: a server of our own, or one that runs already. */
export interface Target {
  url: string;
  pid: number | null;
}

/** How a server must be set up to be measured: sign-in without SMS and at little cost, no limits, no log. */
export const benchSettings = {
  LOG_LEVEL: 'error',
  OTP_ECHO: 'true',
  OTP_HASH_COST: '4',
  RATE_LIMIT_SCALE: '0',
} as const;

/**
 * The variables of the shell that a program gets. It is told which, as nothing may be inherited but what a process needs to
 * run: a DATABASE_URL in the shell must not lead the benchmark to somebody's data.
 */
export function inherited(names: RegExp): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));
}

/** A standalone server with a data directory of its own, which is deleted in the end. */
export class OwnServer implements Target, Running {
  readonly url: string;
  readonly #entry: string;
  readonly #root: string;
  readonly #port: number;
  readonly #folder: string;
  readonly #settings: NodeJS.ProcessEnv;
  readonly #secret = randomBytes(32).toString('hex');
  #child: ChildProcess | null = null;
  #family: ProcStat[] = [];
  /** Under way or done; whoever asks for the end a second time (Ctrl-C) waits for the first. */
  #ending: Promise<void> | null = null;

  private constructor(root: string, entry: string, port: number, settings: NodeJS.ProcessEnv) {
    this.#root = root;
    this.#entry = entry;
    this.#port = port;
    this.#settings = settings;
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
    // PostgreSQL refuses to run as root and is started as another user, who must be able to enter.
    chmodSync(this.#folder, 0o755);
  }

  /**
   * Starts `entry` (relative to `root`) on a free port with an empty data directory; `settings` count before the benchmark's own.
   */
  static async start(root: string, entry: string, settings: NodeJS.ProcessEnv = {}): Promise<OwnServer> {
    const server = new OwnServer(root, entry, await freePort(), settings);
    track(server);
    try {
      await server.#launch();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Ends the process and starts another on the same data, so that its memory holds nothing of the past. */
  async restart(): Promise<void> {
    await this.#end();
    await this.#launch();
  }

  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.#folder, { recursive: true, force: true });
    untrack(this);
  }

  /** The last lines that the server wrote. */
  log(): string {
    try {
      return readFileSync(join(this.#folder, 'server.log'), 'utf8').split('\n').slice(-20).join('\n');
    } catch {
      return '';
    }
  }

  async #launch(): Promise<void> {
    if (isStopping()) throw new Error('interrupted');
    const log = openSync(join(this.#folder, 'server.log'), 'a');
    const child = spawn(process.execPath, [this.#entry], {
      cwd: this.#root,
      // A group of its own: Ctrl-C must not reach the server before the generator has let go of it.
      detached: true,
      stdio: ['ignore', log, log],
      env: this.#environment(),
    });
    closeSync(log);
    this.#child = child;
    this.#ending = null;
    const failed = new Promise<never>((_resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => reject(new Error(`the server ended with ${signal ?? code}`)));
    });
    failed.catch(() => {});
    try {
      await Promise.race([failed, this.#untilReady()]);
    } catch (error) {
      if (!isStopping()) console.error(this.log());
      throw error;
    }
    this.#family = child.pid === undefined ? [] : descendants(child.pid);
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...inherited(/^(PATH|HOME|USER|TMPDIR|LANG|LC_ALL|TZ)$/),
      ...benchSettings,
      PORT: String(this.#port),
      PARLEY_DATA_DIR: join(this.#folder, 'data'),
      JWT_SECRET: this.#secret,
      ...this.#settings,
    };
  }

  async #untilReady(): Promise<void> {
    const until = performance.now() + READY_WITHIN_MS;
    let last = 'no answer';
    while (performance.now() < until) {
      try {
        const response = await fetch(`${this.url}/ready`, { signal: AbortSignal.timeout(2000) });
        await response.arrayBuffer();
        if (response.status === 200) return;
        last = `status ${response.status}`;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      await sleep(100);
    }
    throw new Error(`the server was not ready within ${READY_WITHIN_MS / 1000} s (GET /ready: ${last})`);
  }

  #end(): Promise<void> {
    this.#ending ??= this.#child ? endFamily(this.#child, this.#family, STOP_WITHIN_MS) : Promise.resolve();
    return this.#ending;
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
