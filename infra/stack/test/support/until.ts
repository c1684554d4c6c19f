/** Waiting for a condition, with a deadline. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const deadlineMs = 30_000;

/** Asks again and again until the answer is true. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${deadlineMs} ms`);
    await sleep(20);
  }
}

/** Whether a promise is still open after a moment that an answering server does not need. */
export async function staysOpen(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => false,
    () => false,
  );
  return Promise.race([settled, sleep(500, true)]);
}

export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export const gone = (file: string) => !existsSync(file);
