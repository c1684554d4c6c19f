import { GeneratorProcess } from '../generator-process.ts';
import { type Load, measureMessages } from '../measure-messages.ts';
import type { Phase } from '../protocol.ts';
import type { Target } from '../server.ts';
import { type FamilySample, familyUse, sampleFamily } from './family.ts';
import type { MediaOptions } from './options.ts';
import type { BesideJob } from './protocol.ts';
import { BESIDE, type Beside, type BesideRound, LOADS, type LoadName } from './rows.ts';
import { samples } from './samples.ts';

/** Messages that each sender keeps outstanding in the closed loop. */
export const inFlight = 8;
/** Photos per second: some ten active people. */
export const photosPerSecond = 2;
/** A worker looks into one video at a time: with these it never has none. */
const videosUnderWay = 3;

type Options = Pick<MediaOptions, 'rounds' | 'pairs' | 'rate' | 'warmup' | 'seconds'>;

/**
 * Messages without and with files beside them, in turns, on one server. Files come from a process of their own: the generator of messages
 * has nothing to do with them.
 */
export async function measureBeside(
  target: Target,
  options: Options,
  onRound: (round: BesideRound) => void,
  onProblem: (problem: string) => void,
): Promise<void> {
  const uploader = new GeneratorProcess();
  const { url } = target;
  const jobs: Record<Exclude<Beside, 'nothing'>, BesideJob> = {
    images: { url, file: await samples.photo(2), pace: { perSecond: photosPerSecond } },
    videos: { url, file: await samples.video(), pace: { underWay: videosUnderWay } },
  };
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const load of LOADS) {
        // The order turns with each round, so that what comes first or last is not always the same.
        for (const beside of round % 2 === 0 ? BESIDE : BESIDE.toReversed()) {
          if (beside !== 'nothing') await uploader.call('besideStart', jobs[beside]);
          const { row, from, until, family } = await measureOne(target, options, load);
          const files = beside === 'nothing' ? null : await uploader.call('besideStop', null);
          const { deliveredPerSecond, delivery, cpu } = row;
          onRound({
            ...{ beside, load, round, deliveredPerSecond, delivery, cpu, family },
            files: files?.readyAt.filter((at) => at >= from && at <= until).length ?? 0,
            upload: files?.latency ?? null,
          });
          const name = `messages (${load} loop) beside ${beside}`;
          for (const problem of problemsOf(row)) onProblem(`${name}: ${problem}`);
          for (const problem of files ? problemsOf(files) : []) onProblem(`${name}, files: ${problem}`);
        }
      }
    }
  } finally {
    await uploader.stop();
  }
}

/** One row of messages; `from` and `until` bound its measured period, in milliseconds since the epoch. */
async function measureOne(target: Target, options: Options, name: LoadName) {
  const load: Load = name === 'closed' ? { kind: 'closed', inFlight } : { kind: 'open', rate: options.rate };
  const times: Record<Phase, number> = { measuring: 0, measured: 0 };
  const samples: Record<Phase, FamilySample> = { measuring: null, measured: null };
  const row = await measureMessages(target, 'ws', options, { load, receipts: false }, (phase) => {
    times[phase] = Date.now();
    samples[phase] = sampleFamily(target.pid);
  });
  const family = familyUse(samples.measuring, samples.measured);
  return { row, from: times.measuring, until: times.measured, family };
}

function problemsOf(result: { violations: number; firstViolations: readonly string[] }): string[] {
  if (result.violations === 0) return [];
  return [`${result.violations} × such as ${result.firstViolations.slice(0, 5).join('; ')}`];
}
