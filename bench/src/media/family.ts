import { allProcesses, descendantsIn, type ProcStat, ticksPerSecond } from '../procfs.ts';

/** CPU seconds of a server and of what stems from it. */
export interface FamilyUse {
  /** The process itself with all its threads. */
  own: number;
  /** Its PostgreSQL. */
  postgres: number;
  /** All else that stems from it: image processes and ffmpeg, those that have ended too. */
  tools: number;
}

/** Ticks used so far; null where the process cannot be seen. */
export type FamilySample = FamilyUse | null;

export function sampleFamily(pid: number | null): FamilySample {
  return pid === null ? null : familyIn(allProcesses(), pid);
}

/** The part of `sampleFamily` that needs no /proc. */
export function familyIn(processes: readonly ProcStat[], pid: number): FamilySample {
  const root = processes.find((process) => process.pid === pid);
  if (!root) return null;
  // Who has ended counts where it was waited for: ffmpeg and old image processes in the server, backends in the postmaster.
  const sample = { own: root.own, postgres: 0, tools: root.reaped };
  for (const { name, own, reaped } of descendantsIn(processes, pid))
    sample[name === 'postgres' ? 'postgres' : 'tools'] += own + reaped;
  return sample;
}

/** CPU seconds between two samples; null where either is missing. */
export function familyUse(before: FamilySample, after: FamilySample): FamilyUse | null {
  if (!before || !after) return null;
  const spent = (part: keyof FamilyUse): number => (after[part] - before[part]) / ticksPerSecond();
  return { own: spent('own'), postgres: spent('postgres'), tools: spent('tools') };
}

/** For a process that looks at itself. Errors: there is no /proc. */
export function ownUse(before: FamilySample): FamilyUse {
  const use = familyUse(before, sampleFamily(process.pid));
  if (!use) throw new Error('CPU time cannot be told without /proc');
  return use;
}
