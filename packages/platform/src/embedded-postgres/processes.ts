// What the operating system knows about other processes: /proc where there is one, ps elsewhere.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const hasProc = process.platform === 'linux';

/**
 * A mark that tells a process from a later one with the same number: when it started.
 *
 * @returns the mark, or undefined when no such process runs (a zombie does not run)
 */
export function processMark(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return hasProc ? markFromProc(pid) : markFromPs(pid);
}

/** Whether a process runs. A zombie, which only waits for its parent, does not. */
export function isRunning(pid: number): boolean {
  return processMark(pid) !== undefined;
}

/** The command line of a process with arguments separated by NUL (by blanks where there is no /proc); or ''. */
export function commandLine(pid: number): string {
  if (!hasProc) return ps(pid, 'command=');
  return readProc(`/proc/${pid}/cmdline`) ?? '';
}

function markFromProc(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (!stat) return undefined;
  // proc_pid_stat(5): the fields after the name in parentheses begin with the 3rd, the state; the 22nd is the start
  // time in clock ticks since boot, so the boot is named too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${boot}/${fields[19]}`;
}

function markFromPs(pid: number): string | undefined {
  const [state, ...start] = ps(pid, 'state=,lstart=').split(/\s+/);
  return !state || state.startsWith('Z') ? undefined : start.join(' ');
}

function ps(pid: number, format: string): string {
  const { stdout } = spawnSync('ps', ['-o', format, '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return stdout?.trim() ?? '';
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended.
    return undefined;
  }
}
