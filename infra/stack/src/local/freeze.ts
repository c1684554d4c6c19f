/** Stops a process in its tracks. */
import { readdirSync, readFileSync } from 'node:fs';

const deadlineMs = 1000;

/** Sends SIGSTOP and waits until it works: threads on other processors go on for a moment, and could still answer. */
export function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const deadline = performance.now() + deadlineMs;
  const moment = new Int32Array(new SharedArrayBuffer(4));
  while (!isFrozen(pid) && performance.now() < deadline) Atomics.wait(moment, 0, 0, 1);
}

/** Where there is no /proc it cannot be told, and the moment is taken to be over. */
function isFrozen(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.every((thread) => {
      const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      // The state comes after the name in parentheses; T is stopped, Z and X have ended.
      return /^[TZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
    });
  } catch {
    return true;
  }
}
