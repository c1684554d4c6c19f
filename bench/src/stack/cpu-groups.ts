import { allProcesses, descendantsIn, type ProcStat, readBusy, ticksPerSecond } from '../procfs.ts';

/** Processes whose CPU is told together. */
export interface CpuGroup {
  title: string;
  pids: readonly number[];
  /** Which processes count: those named, those that stem from them (a server's PostgreSQL), or both. */
  of: 'own' | 'below' | 'all';
}

/** A point in time: ticks used so far by each group and by everything. */
export interface GroupSample {
  at: number;
  groups: Map<string, number>;
  busy: number | null;
}

/** Cores in use on average, by group; `others` is the rest of the machine and null where that cannot be told. */
export type CpuCores = Record<string, number | null>;

export function sampleGroups(groups: readonly CpuGroup[]): GroupSample {
  const processes = allProcesses();
  const used = new Map<string, number>();
  for (const group of groups) used.set(group.title, (used.get(group.title) ?? 0) + ticksOf(group, processes));
  return { at: performance.now(), groups: used, busy: readBusy() };
}

/** The ticks of a group, of a list of all processes. */
export function ticksOf({ pids, of }: CpuGroup, processes: readonly ProcStat[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const root = processes.find((process) => process.pid === pid);
    if (!root) continue;
    if (of !== 'below') ticks += root.own;
    // A child that ends moves its time into its parent's `reaped`, so that the sum of both loses nothing in between.
    if (of !== 'own')
      ticks += descendantsIn(processes, pid).reduce((sum, one) => sum + one.own + one.reaped, root.reaped);
  }
  return ticks;
}

export function coresBetween(before: GroupSample, after: GroupSample): CpuCores {
  const seconds = (after.at - before.at) / 1000;
  const cores = (ticks: number): number => ticks / ticksPerSecond() / seconds;
  const result: CpuCores = {};
  let known = 0;
  for (const [title, ticks] of after.groups) {
    const spent = cores(ticks - (before.groups.get(title) ?? 0));
    result[title] = spent;
    known += spent;
  }
  const busy = before.busy === null || after.busy === null ? null : cores(after.busy - before.busy);
  result.others = busy === null ? null : Math.max(0, busy - known);
  return result;
}
