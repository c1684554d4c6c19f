import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The part of /proc/<pid>/stat that the benchmark uses; times in clock ticks. */
export interface ProcStat {
  pid: number;
  name: string;
  parent: number;
  /** User and system time of the process itself, all its threads together. */
  own: number;
  /** User and system time of its children that have ended and been waited for. */
  reaped: number;
  /** Tells a process from a later one with the same pid. */
  startTime: number;
}

/** Reads a line of /proc/<pid>/stat. The name is in brackets and may itself hold spaces and brackets. */
export function parseStat(line: string): ProcStat {
  const open = line.indexOf('(');
  const close = line.lastIndexOf(')');
  if (open < 0 || close < open) throw new Error('not a line of /proc/<pid>/stat');
  const rest = line
    .slice(close + 2)
    .trim()
    .split(' ');
  // proc(5) counts fields from 1 and the state, third there, is first here.
  const field = (number: number): number => Number(rest[number - 3]);
  return {
    pid: Number(line.slice(0, open)),
    name: line.slice(open + 1, close),
    parent: field(4),
    own: field(14) + field(15),
    reaped: field(16) + field(17),
    startTime: field(22),
  };
}

/** VmRSS of /proc/<pid>/status in KiB, or null where the kernel does not tell. */
export function parseRssKb(status: string): number | null {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  return match ? Number(match[1]) : null;
}

/** The soft limit of open files in /proc/<pid>/limits, or null where it is not told. */
export function parseOpenFiles(limits: string): number | null {
  const match = /^Max open files\s+(\d+|unlimited)/m.exec(limits);
  if (!match) return null;
  return match[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(match[1]);
}

export function readStat(pid: number): ProcStat | null {
  const line = readProc(`${pid}/stat`);
  return line === null ? null : parseStat(line);
}

export function readRssKb(pid: number): number | null {
  const status = readProc(`${pid}/status`);
  return status === null ? null : parseRssKb(status);
}

export function readOpenFiles(pid: number): number | null {
  const limits = readProc(`${pid}/limits`);
  return limits === null ? null : parseOpenFiles(limits);
}

/** Ticks that all cores together have been busy, from the first line of /proc/stat; null where it is not told. */
export function parseBusy(stat: string): number | null {
  const match = /^cpu +(.+)$/m.exec(stat);
  if (!match?.[1]) return null;
  // user nice system idle iowait irq softirq steal; the guests that follow are counted in user already.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = match[1]
    .split(' ')
    .map(Number);
  return user + nice + system + irq + softirq + steal;
}

export function readBusy(): number | null {
  const stat = readProc('stat');
  return stat === null ? null : parseBusy(stat);
}

/** Every process that stems from `pid`, found by parent; empty where there is no /proc. */
export function descendants(pid: number): ProcStat[] {
  return descendantsIn(allProcesses(), pid);
}

/** The part of `descendants` that needs no /proc. */
export function descendantsIn(processes: readonly ProcStat[], pid: number): ProcStat[] {
  const found: ProcStat[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = processes.filter((process) => parents.has(process.parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found;
}

let ticks: number | undefined;

/** Clock ticks per second, the unit of the times in /proc/<pid>/stat. */
export function ticksPerSecond(): number {
  if (ticks === undefined) {
    try {
      ticks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100;
    } catch {
      ticks = 100;
    }
  }
  return ticks;
}

/** Every process that can be seen; empty where there is no /proc. */
export function allProcesses(): ProcStat[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null;
    return stat ? [stat] : [];
  });
}

/** A process may end between being listed and being read, so a missing file is an answer and not an error. */
function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return null;
  }
}
