/**
 * Work that nobody waits for: pushes, looking into files, and everything periodic. (The outbox relay sweeps in every program that writes.)
 */
import type { Runtime } from '@parley/runtime';
import { Jobs } from './jobs.ts';
import { startMediaWorker } from './media.ts';
import { periodicJobs } from './periodic.ts';
import { startPushWorker } from './push.ts';

export interface Workers {
  start(): void;
  /** Takes up nothing more; resolves when what was begun is done. */
  drain(): Promise<void>;
}

/** Subscribes its consumers, before the bus starts. */
export function createWorkers(
  runtime: Pick<Runtime, 'core' | 'leases' | 'log' | 'metrics' | 'sweepObjects'>,
): Workers {
  const { core, leases, log, metrics, sweepObjects } = runtime;
  const media = startMediaWorker(core, metrics);
  const jobs = new Jobs(periodicJobs(core, log, sweepObjects, media.turn), { leases, log, metrics });
  const pushes = startPushWorker(core, metrics);
  return {
    start() {
      jobs.start();
      pushes.start();
    },
    // Consumers stay subscribed until the bus itself stops: what they do not take any more, the bus keeps.
    async drain() {
      media.drain();
      await Promise.all([jobs.stop(), pushes.drain()]);
    },
  };
}
