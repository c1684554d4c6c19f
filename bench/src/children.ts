import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { descendants, type ProcStat, readStat } from './procfs.ts';

/** Something that was started and must be ended whatever happens. */
export interface Running {
  stop(): Promise<void>;
}

/** All that this benchmark has started and not ended yet. */
const running = new Set<Running>();

let stopping = false;

/** True once everything is being ended: nothing new may start then. */
export function isStopping(): boolean {
  return stopping;
}

export function track(one: Running): void {
  running.add(one);
}

export function untrack(one: Running): void {
  running.delete(one);
}

/** Ends everything that still runs, the newest first; what cannot be ended is told and does not hold up the rest. */
export async function stopAll(): Promise<void> {
  stopping = true;
  for (const one of [...running].reverse()) {
    try {
      await one.stop();
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
    running.delete(one);
  }
}

/** Forks a script of this folder under the same Node, with an IPC channel; it ends when the channel closes. */
export function forkScript(name: string, options: ForkOptions = {}): ChildProcess {
  return fork(fileURLToPath(new URL(name, import.meta.url)), [], { execArgv: [], ...options });
}

/** Asks a child to end, and makes it after `withinMs`. */
export async function endChild(child: ChildProcess, withinMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  await exited;
  clearTimeout(timer);
}

/**
 * Ends a child and what stems from it. A server ends its own PostgreSQL; what is left after that (the server was
 * killed, or crashed) is ended here, by pid, after making sure that the pid still means the same process.
 */
export async function endFamily(
  child: ChildProcess,
  known: readonly ProcStat[],
  withinMs: number,
): Promise<void> {
  const family = new Map(known.map((process) => [process.pid, process]));
  if (child.pid !== undefined) for (const process of descendants(child.pid)) family.set(process.pid, process);
  await endChild(child, withinMs);
  const alive = (): ProcStat[] =>
    [...family.values()].filter((process) => readStat(process.pid)?.startTime === process.startTime);
  if (await gone(alive, 1000)) return;
  // SIGQUIT is PostgreSQL's immediate shutdown: it leaves no shared memory behind.
  signal(alive(), 'SIGQUIT');
  if (await gone(alive, 3000)) return;
  signal(alive(), 'SIGKILL');
}

async function gone(alive: () => ProcStat[], withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (alive().length > 0) {
    if (performance.now() > until) return false;
    await sleep(50);
  }
  return true;
}

function signal(processes: readonly ProcStat[], name: 'SIGQUIT' | 'SIGKILL'): void {
  for (const one of processes) {
    try {
      process.kill(one.pid, name);
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}
