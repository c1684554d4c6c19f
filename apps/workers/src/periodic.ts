/** What is done at intervals, and how often. */
import { type Core, cleanMedia, expireMessages, expirePresence, type Log, processMissed } from '@parley/core';
import type { Job } from './jobs.ts';
import type { MediaWorker } from './media.ts';

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];

/** How many things a round takes, and how many rounds one run makes at most: of messages that is 5,000 a second. */
const expiry = { batch: 500, rounds: 20 };
/** Files that were missed, at most in one run: each may take half a minute. */
const missed = 20;
const orphans = { batch: 200, rounds: 20 };
const tokens = { batch: 1_000, rounds: 20 };
/** Days for which a session that is over is still known, and a push token that no device registered again. */
const [sessionDays, pushTokenDays] = [1, 270];

/** Does rounds until one does less than a whole batch, or it must stop; says how much was done in all. */
async function inRounds(
  signal: AbortSignal,
  { rounds, batch }: { rounds: number; batch: number },
  round: (batch: number) => Promise<number>,
): Promise<number> {
  let done = 0;
  for (let count = 0; count < rounds && !signal.aborted; count++) {
    const some = await round(batch);
    done += some;
    if (some < batch) break;
  }
  return done;
}

/**
 * All periodic jobs over a core. `sweepObjects` is what the object store has to tidy up by itself, if anything; `turn` gives files their turn
 * among those that are looked into.
 */
export function periodicJobs(
  core: Core,
  log: Log,
  sweepObjects: (() => Promise<void>) | null,
  turn: MediaWorker['turn'],
): Job[] {
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
      run: (signal) => inRounds(signal, expiry, (batch) => expireMessages(core, batch)),
    },
    {
      // Videos and sounds that have waited long: their event was lost, or many came.
      name: 'media-missed',
      everyMs: minute,
      run: (signal) => processMissed(core, missed, { signal, turn }),
    },
    {
      // Files that nothing refers to.
      name: 'media-orphans',
      everyMs: minute,
      async run(signal) {
        let files = 0;
        await inRounds(signal, orphans, async (batch) => {
          const { looked, deleted } = await cleanMedia(core, batch);
          files += deleted;
          return looked;
        });
        if (files > 0) log.info({ files }, 'files that nothing refers to were deleted');
        return files;
      },
    },
    {
      name: 'sessions',
      everyMs: hour,
      run: (signal) => inRounds(signal, tokens, (batch) => core.sessions.forget(daysAgo(sessionDays), batch)),
    },
    {
      name: 'push-tokens',
      everyMs: 6 * hour,
      run: (signal) =>
        inRounds(signal, tokens, (batch) => core.devices.expire(daysAgo(pushTokenDays), batch)),
    },
    {
      // What is remembered of pushes for a day.
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
      // Uploads that a program which died never finished.
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
