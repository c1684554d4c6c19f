/**
 * Work that nobody waits for. What runs here today is the presence of people whose instance died; push, media and expiry join
 * it. (The outbox relay sweeps in every program that writes.)
 */
import { randomUUID } from 'node:crypto';
import { expirePresence } from '@parley/core';
import type { Runtime } from '@parley/runtime';

export interface Workers {
  start(): void;
  /** Takes up nothing more; resolves when what was begun is done. */
  drain(): Promise<void>;
}

/** How often leases that ran out are looked for, in milliseconds. */
const presenceMs = 5_000;

export function createWorkers(runtime: Pick<Runtime, 'core' | 'leases' | 'log'>): Workers {
  const { core, leases, log } = runtime;
  const holder = randomUUID();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function sweepPresence(): Promise<void> {
    try {
      // One of all workers at a time; if that one dies, another takes over after two rounds.
      if (!(await leases.hold('presence', holder, (2 * presenceMs) / 1000))) return;
      const gone = await expirePresence(core);
      if (gone > 0) log.info({ users: gone }, 'presence ran out with an instance that died');
    } catch (error) {
      log.warn({ err: error }, 'presence could not be swept');
    }
  }

  return {
    start() {
      timer ??= setInterval(() => {
        running = running.then(sweepPresence);
      }, presenceMs).unref();
    },
    async drain() {
      clearInterval(timer);
      await running;
      await leases.release('presence', holder).catch(() => undefined);
    },
  };
}
