// One run of the postgres program.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { readPidFile } from './leftover.ts';

const pollMs = 10;
/** How long an orderly shutdown may take before an immediate one, which costs a recovery at the next start. */
const orderlyMs = 10_000;
const immediateMs = 10_000;
const keptLines = 20;

/** How a server ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A server process, ready or not. */
export interface Server {
  pid: number;
  /** Resolves when the process has ended, for whatever reason; never rejects. */
  exited: Promise<Exit>;
  /** The last lines it has logged. */
  lines: readonly string[];
  /** Stops it within 20 s, cutting its connections. Any number of calls. */
  stop(): Promise<void>;
}

/**
 * Starts postgres and waits until it accepts connections. There is no time limit: after a crash it may have to recover
 * for a while, which it logs.
 *
 * @returns the server; it has ended already when it could not start
 */
export async function launch(
  account: Account,
  { postgres }: Binaries,
  dataDir: string,
  args: string[],
  log: (line: string) => void,
): Promise<{ server: Server; ready: boolean }> {
  // In a process group (and session) of its own: Ctrl-C must not stop it before Parley has written what it has.
  const child = account.spawn(postgres, ['-D', dataDir, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(child, 'spawn');
  const pid = child.pid as number;
  const lines: string[] = [];
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      log(line);
    });
  }

  // process.exit() without stop() must not leave it running.
  const interrupt = () => child.kill('SIGINT');
  process.once('exit', interrupt);
  let running = true;
  // 'close' comes after the last line of its log, but only when all processes that share the pipe have ended too;
  // children of a killed postmaster see to that by themselves.
  const exited = once(child, 'close').then(([code, signal]): Exit => {
    running = false;
    process.off('exit', interrupt);
    return { code, signal };
  });

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    for (const [signal, ms] of [
      ['SIGINT', orderlyMs],
      ['SIGQUIT', immediateMs],
    ] as const) {
      child.kill(signal);
      if (await within(exited, ms)) return;
    }
    child.kill('SIGKILL');
    await exited;
  };
  const server: Server = {
    pid,
    exited,
    lines,
    stop: () => (stopping ??= running ? stop() : Promise.resolve()),
  };

  while (running) {
    const file = readPidFile(dataDir);
    if (file?.pid === pid && file.status === 'ready') return { server, ready: true };
    await within(exited, pollMs);
  }
  return { server, ready: false };
}

/** Waits for the end, at most so many milliseconds; tells whether it came. */
async function within(exited: Promise<Exit>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  const result = await Promise.race([exited.then(() => true), timeout]);
  timer.abort();
  return result;
}
