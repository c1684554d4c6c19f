/** All rows in short, beside what is aimed at. */
import { limits } from '@parley/contract';

import { median, ms, whole } from '../stats.ts';
import { table } from '../table.ts';
import type { MediaOptions } from './options.ts';
import type { Beside, BesideRound, LoadName, MediaRows, UploadRow } from './rows.ts';

export interface SummaryLine {
  what: string;
  measured: string;
  /** Empty where nothing is aimed at. */
  aim: string;
  /** Null where nothing is aimed at, or it cannot be told. */
  met: boolean | null;
}

const uploadAimMs = 1000;
const memoryAimMb = 50;
/** Of messages beside files: a share, up or down. */
const besideAim = 0.1;

export function summaryOf(rows: MediaRows, options: Partial<MediaOptions>): SummaryLine[] {
  return [
    ...rows.uploads.flatMap(uploadLines),
    ...thumbnailLines(rows),
    ...pushLines(rows),
    ...besideLines(rows.beside, options.rate ?? 0),
  ];
}

export function renderSummary(lines: readonly SummaryLine[]): string {
  const verdict = ({ met }: SummaryLine): string => (met === null ? '' : met ? 'yes' : '**no**');
  return table(
    ['in short', 'measured', 'aim', 'met'],
    lines.map((line) => [line.what, line.measured, line.aim, verdict(line)]),
  );
}

function uploadLines(row: UploadRow): SummaryLine[] {
  const { name, concurrency, latency, rssKb, bytes, seconds, uploads } = row;
  const time = `p50 ${ms(latency.p50)} ms, p95 ${ms(latency.p95)} ms`;
  if (concurrency > 1) {
    const grown = rssKb && (rssKb.most - rssKb.before) / 1024;
    const speed = `${seconds.toFixed(2)} s, ${whole((uploads * bytes) / 2 ** 20 / seconds)} MB/s`;
    return [
      { what: name, measured: speed, aim: '', met: null },
      {
        what: "… growth of the server's memory",
        measured: grown === null ? '–' : `${grown.toFixed(1)} MB`,
        aim: `${memoryAimMb} MB at most`,
        met: grown === null ? null : grown <= memoryAimMb,
      },
    ];
  }
  const line: SummaryLine = { what: name, measured: time, aim: '', met: null };
  const aimed = bytes > limits.mediaBytes.image / 2 && name.startsWith('image');
  return [aimed ? { ...line, aim: 'p95 under 1 s', met: latency.p95 < uploadAimMs } : line];
}

function thumbnailLines({ thumbnails: { uploads, tools } }: MediaRows): SummaryLine[] {
  const line = (what: string, perSecond: number): SummaryLine => ({
    what: `thumbnails of 12 megapixels, ${what}`,
    measured: `${perSecond.toFixed(1)}/s`,
    ...{ aim: '', met: null },
  });
  return [
    ...uploads.map((row) => line(row.name, row.uploads / row.seconds)),
    ...tools.map((row) =>
      line(
        `tools alone, ${row.processes} image ${row.processes === 1 ? 'process' : 'processes'}`,
        row.images / row.seconds,
      ),
    ),
  ];
}

const caseNames = {
  online: 'direct, everybody connected',
  direct: 'direct, nobody connected',
  groups: 'groups of 50 who are away',
} as const;

export function caseName(name: keyof typeof caseNames): string {
  return caseNames[name];
}

function pushLines({ pushes: { rows, offline } }: MediaRows): SummaryLine[] {
  const lines = rows.map((row) => ({
    what: `push decisions, ${caseName(row.case)}, ${row.engine}`,
    measured: `${whole(row.decisions / row.seconds)}/s`,
    ...{ aim: '', met: null },
  }));
  const sent = offline.map((row) => ({
    what: `messages to users away, each pushed, ${row.name}`,
    measured: `${whole(row.pushedPerSecond)}/s, p99 ${ms(row.push.p99)} ms`,
    ...{ aim: '', met: null },
  }));
  return [...lines, ...sent];
}

/** Medians of the rounds, and of the rounds' ratios to the same round without files. */
export interface Compared {
  beside: Beside;
  perSecond: number;
  p50: number;
  p99: number;
  perSecondRatio: number;
  p99Ratio: number;
  files: number;
}

export function compare(rounds: readonly BesideRound[], load: LoadName): Compared[] {
  const own = rounds.filter((round) => round.load === load);
  const besides = [...new Set(own.map(({ beside }) => beside))];
  return besides.map((beside) => {
    const some = own.filter((round) => round.beside === beside);
    const ratio = (of: (round: BesideRound) => number): number =>
      median(
        some.flatMap((round) => {
          const base = own.find((one) => one.beside === 'nothing' && one.round === round.round);
          return base && of(base) > 0 ? [of(round) / of(base)] : [];
        }),
      );
    return {
      beside,
      perSecond: median(some.map((round) => round.deliveredPerSecond)),
      p50: median(some.map((round) => round.delivery.p50)),
      p99: median(some.map((round) => round.delivery.p99)),
      perSecondRatio: ratio((round) => round.deliveredPerSecond),
      p99Ratio: ratio((round) => round.delivery.p99),
      files: some.reduce((sum, round) => sum + round.files, 0),
    };
  });
}

function besideLines(rounds: readonly BesideRound[], rate: number): SummaryLine[] {
  const share = `${besideAim * 100} %`;
  const closed = compare(rounds, 'closed').map((one): SummaryLine => {
    const measured = `${whole(one.perSecond)}/s`;
    const what = `messages/s beside ${one.beside}`;
    if (one.beside === 'nothing') return { what, measured, aim: '', met: null };
    const met = one.perSecondRatio >= 1 - besideAim;
    return { what, measured: `${measured}, × ${one.perSecondRatio.toFixed(2)}`, aim: `within ${share}`, met };
  });
  const open = compare(rounds, 'open').map((one): SummaryLine => {
    const measured = `${ms(one.p99)} ms`;
    const what = `p99 at ${rate}/s beside ${one.beside}`;
    if (one.beside === 'nothing') return { what, measured, aim: '', met: null };
    const met = one.p99Ratio <= 1 + besideAim;
    return { what, measured: `${measured}, × ${one.p99Ratio.toFixed(2)}`, aim: `within ${share}`, met };
  });
  return [...closed, ...open];
}
