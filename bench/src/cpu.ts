import { availableParallelism } from 'node:os';

import { descendants, readBusy, readStat, ticksPerSecond } from './procfs.ts';

/** CPU seconds used during a measured period. */
export interface CpuUse {
  wallSeconds: number;
  /** The server process with all its threads; null when its pid is not known. */
  server: number | null;
  /** What stems from the server: PostgreSQL. Null when nothing does, or when the pid is not known. */
  postgres: number | null;
  generator: number;
  /** Everything else on the machine, and what the hypervisor took; null when not known. */
  others: number | null;
  limitedBy: string;
}

/** A point in time: ticks used so far. */
export interface CpuSample {
  at: number;
  server: number | null;
  children: number | null;
  generator: number;
  busy: number | null;
}

/** Reads what the server, its children and the generator have used up to now. */
export function sampleCpu(serverPid: number | null, generatorPid: number): CpuSample {
  const generator = readStat(generatorPid)?.own ?? 0;
  const busy = readBusy();
  const at = performance.now();
  const server = serverPid === null ? null : readStat(serverPid);
  if (serverPid === null || server === null) return { at, server: null, children: null, generator, busy };
  const below = descendants(serverPid);
  // A child that ends moves its time into its parent's `reaped`, so that the sum of both loses nothing in between.
  const used = below.reduce((sum, process) => sum + process.own + process.reaped, server.reaped);
  return { at, server: server.own, children: below.length > 0 ? used : null, generator, busy };
}

/** The difference of two samples. */
export function cpuBetween(before: CpuSample, after: CpuSample, cores = availableParallelism()): CpuUse {
  const perSecond = ticksPerSecond();
  const spent = (from: number | null, to: number | null): number | null =>
    from === null || to === null ? null : (to - from) / perSecond;
  const wallSeconds = (after.at - before.at) / 1000;
  const server = spent(before.server, after.server);
  const postgres = spent(before.children, after.children);
  const generator = spent(before.generator, after.generator) ?? 0;
  const busy = spent(before.busy, after.busy);
  // A server that is not seen would be taken for one of the others.
  const known = busy !== null && server !== null;
  const others = known ? Math.max(0, busy - server - (postgres ?? 0) - generator) : null;
  const use = { wallSeconds, server, postgres, generator, others };
  return { ...use, limitedBy: limitedBy(use, cores) };
}

/**
 * What the numbers say about the bottleneck. A Node process that uses nine tenths of a core has no time left on its
 * event loop; when all cores together are used up, generator and server take time from each other. What other
 * programs take makes every number worse than it is.
 */
export function limitedBy(use: Omit<CpuUse, 'limitedBy'>, cores: number): string {
  const share = (seconds: number | null): number => (seconds ?? 0) / use.wallSeconds;
  const total = share(use.server) + share(use.postgres) + share(use.generator) + share(use.others);
  const causes: string[] = [];
  if (share(use.server) >= 0.9) causes.push('server process');
  if (share(use.generator) >= 0.9) causes.push('generator');
  if (share(use.others) >= 0.2) causes.push(`other programs (${share(use.others).toFixed(1)} cores)`);
  if (total >= cores * 0.9) causes.push(`all ${cores} cores in use`);
  if (causes.length > 0) return causes.join(', ');
  return use.server === null ? 'server not seen' : 'waiting';
}
