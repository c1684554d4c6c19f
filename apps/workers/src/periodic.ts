/** What is done at intervals, and how often. */

import type { Log } from '@parley/core';
import { type Core, cleanMedia, expireMessages, expirePresence, processMissed } from '@parley/core';
import type { Job } from './jobs.ts';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

/** Messages that are emptied together, and how many of these rounds one run makes: 5,000 messages a second. */
const expiryBatch = 500;
const expiryRounds = 20;
/** Files that are looked at together, and rounds of one run. */
const cleanBatch = 200;
const cleanRounds = 20;
/** Tokens that are forgotten together, and rounds of one run. */
const tokenBatch = 1_000;
const tokenRounds = 20;
/** Days for which a session that is over is still known, and a push token that no device registered again. */
const [sessionDays, pushTokenDays] = [1, 270];

/** Does rounds until one does less than a whole batch; says how much was done in all. */
async function inRounds(rounds: number, batch: number, round: () => Promise<number>): Promise<number> {
  let done = 0;
  for (let count = 0; count < rounds; count++) {
    const some = await round();
    done += some;
    if (some < batch) break;
  }
  return done;
}

/** All periodic jobs over a core. `sweepObjects` is what the object store has to tidy up by itself, if anything. */
export function periodicJobs(core: Core, log: Log, sweepObjects: (() => Promise<void>) | null): Job[] {
  const daysAgo = (days: number) => new Date(core.clock.now() - days * day);
  const jobs: Job[] = [
    {
      // People whose instance died go offline.
      name: 'presence',
      everyMs: 5 * second,
      async run() {
        const gone = await expirePresence(core);
        if (gone > 0) log.info({ users: gone }, 'presence ran out with an instance that died');
        return gone;
      },
    },
    {
      // Messages whose time is over are emptied. Readers see them gone on time all the same.
      name: 'expiry',
      everyMs: 2 * second,
      run: () => inRounds(expiryRounds, expiryBatch, () => expireMessages(core, expiryBatch)),
    },
    {
      // Videos and sounds whose event was lost.
      name: 'media-missed',
      everyMs: minute,
      run: () => processMissed(core, 20),
    },
    {
      // Files that nothing refers to.
      name: 'media-orphans',
      everyMs: minute,
      run: () =>
        inRounds(cleanRounds, cleanBatch, async () => {
          const { looked, deleted } = await cleanMedia(core, cleanBatch);
          if (deleted > 0) log.info({ files: deleted }, 'files that nothing refers to were deleted');
          return looked;
        }),
    },
    {
      name: 'sessions',
      everyMs: hour,
      run: () =>
        inRounds(tokenRounds, tokenBatch, () => core.sessions.forget(daysAgo(sessionDays), tokenBatch)),
    },
    {
      name: 'push-tokens',
      everyMs: 6 * hour,
      run: () =>
        inRounds(tokenRounds, tokenBatch, () => core.devices.expire(daysAgo(pushTokenDays), tokenBatch)),
    },
    {
      name: 'push-ledger',
      everyMs: 10 * minute,
      async run() {
        await core.pushLedger.sweep(core.clock.now());
        return 0;
      },
    },
  ];
  if (sweepObjects) {
    jobs.push({
      name: 'objects',
      everyMs: day,
      everywhere: true,
      async run() {
        await sweepObjects();
        return 0;
      },
    });
  }
  return jobs;
}
