/**
 * Work that nobody waits for. What runs here today is the presence of people whose instance died, and messages that disappear; push and
 * media join it. (The outbox relay sweeps in every program that writes.)
 */
import { expireMessages, expirePresence } from '@parley/core';
import type { Runtime } from '@parley/runtime';
import { Jobs } from './jobs.ts';

export interface Workers {
  start(): void;
  /** Takes up nothing more; resolves when what was begun is done. */
  drain(): Promise<void>;
}

/** How often leases of presence that ran out are looked for, in milliseconds. */
const presenceMs = 5_000;
/** How often messages are emptied whose time is over, in milliseconds. Readers see them gone on time all the same. */
const expiryMs = 2_000;
/** Messages that are looked at together, and how many of these rounds one run makes: 5,000 messages a second. */
const expiryBatch = 500;
const expiryRounds = 20;

export function createWorkers(runtime: Pick<Runtime, 'core' | 'leases' | 'log'>): Workers {
  const { core, leases, log } = runtime;
  const jobs = new Jobs(
    [
      {
        name: 'presence',
        everyMs: presenceMs,
        async run() {
          const gone = await expirePresence(core);
          if (gone > 0) log.info({ users: gone }, 'presence ran out with an instance that died');
        },
      },
      {
        name: 'expiry',
        everyMs: expiryMs,
        async run() {
          let emptied = 0;
          for (let round = 0; round < expiryRounds && emptied === round * expiryBatch; round++) {
            emptied += await expireMessages(core, expiryBatch);
          }
          if (emptied > 0) log.debug({ messages: emptied }, 'messages disappeared');
        },
      },
    ],
    leases,
    log,
  );
  return { start: () => jobs.start(), drain: () => jobs.stop() };
}
