// A PostgreSQL server that a killed Parley has left running, or its traces.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, isRunning } from './processes.ts';

const pollMs = 10;
/** How long a leftover server may take for an orderly shutdown, and then for an immediate one. */
const orderlyMs = 5_000;
const immediateMs = 8_000;

/** What a server writes into postmaster.pid, as far as it is used here. */
export interface PidFile {
  pid: number;
  /** 'starting', 'stopping', 'ready' or 'standby'; '' while it is not written yet. */
  status: string;
}

/** Reads postmaster.pid; undefined when there is none. */
export function readPidFile(dataDir: string): PidFile | undefined {
  const lines = readLines(dataDir);
  // Lines 1 and 8 of the file (PostgreSQL's pidfile.h).
  return lines && { pid: Number(lines[0]), status: lines[7]?.trim() ?? '' };
}

/**
 * Stops a server that runs on this data directory, and makes sure that a pid file which a dead one has left does not
 * keep the next from starting. The caller holds the lock on the directory, so no living Parley uses that server.
 *
 * @throws {Error} when the server cannot be stopped
 */
export async function stopLeftover(dataDir: string, log: (line: string) => void): Promise<void> {
  const pid = readPidFile(dataDir)?.pid;
  if (!pid || !isRunning(pid)) return disown(dataDir);
  if (!isServerOn(pid, dataDir)) return disown(dataDir);
  log(`stopping PostgreSQL (process ${pid}), which a Parley that was killed has left running`);
  process.kill(pid, 'SIGINT');
  if (await ended(pid, orderlyMs)) return;
  log(`PostgreSQL (process ${pid}) is slow to stop; stopping it at once`);
  process.kill(pid, 'SIGQUIT');
  if (await ended(pid, immediateMs)) return;
  throw new Error(
    `PostgreSQL (process ${pid}) is running on ${dataDir} and cannot be stopped; end it by hand.`,
  );
}

function isServerOn(pid: number, dataDir: string): boolean {
  // Separated by NUL or, from ps, by blanks; launch() gives the directory as the first argument.
  const line = commandLine(pid).replaceAll('\0', ' ');
  return line.includes(`postgres -D ${dataDir} `);
}

/**
 * PostgreSQL refuses to start while the process number in a dead server's pid file belongs to any living process or
 * zombie. Deleting the file would also skip its check for the dead server's children; but it knows that a number
 * which is its own parent's (ours) cannot be a server's, so that is written in its place.
 */
function disown(dataDir: string): void {
  const lines = readLines(dataDir);
  if (lines) writeFileSync(join(dataDir, 'postmaster.pid'), [process.pid, ...lines.slice(1)].join('\n'));
}

function readLines(dataDir: string): string[] | undefined {
  try {
    return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function ended(pid: number, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (isRunning(pid)) {
    if (performance.now() > deadline) return false;
    await sleep(pollMs);
  }
  return true;
}
