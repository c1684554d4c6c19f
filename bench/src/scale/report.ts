import type { Machine } from '../machine.ts';
import { ms, whole } from '../stats.ts';
import { table } from '../table.ts';
import type { ScaleOptions } from './options.ts';
import type { Filled, ScaleLine, ScaleTable } from './run.ts';

/** What is written to the result file. */
export interface ScaleResults {
  machine: Machine;
  date: string;
  commit: string | null;
  options: Partial<ScaleOptions>;
  tables: ScaleTable[];
  /** Wrong answers and what could not run; a run that has any of them exits with 1. */
  problems: string[];
}

/** A median that grows by more than this is told of. */
const aimRatio = 2;

/** The options that shape the numbers: addresses and file names stay out of what is published. */
export function publishedScaleOptions(options: ScaleOptions): Partial<ScaleOptions> {
  const { stores, messages, users, standInMessages, seconds, concurrency } = options;
  return { stores, messages, users, standInMessages, seconds, concurrency };
}

/** All lines as one Markdown page that reads well in a terminal, too. */
export function renderScale({ machine, date, commit, tables, problems }: ScaleResults): string {
  const parts = [
    `Measured ${date} on ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.kernel}, ` +
      `Node ${machine.node}, commit ${commit ?? 'unknown'}; both servers and what asks them on the same machine.`,
    ...tables.flatMap(renderTable),
  ];
  if (problems.length > 0)
    parts.push(`**Problems**\n\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

function renderTable(one: ScaleTable): string[] {
  const title = one.store === 'postgresql' ? 'Messages in PostgreSQL' : `Messages in ${one.engine}`;
  const notes = [
    `Two servers, measured in turns: ${filledText(one.small)} and ${filledText(one.large)}.`,
    ...(one.standIn ? ['The store only stands in for MongoDB: these are not the numbers of MongoDB.'] : []),
  ];
  const levels = [...new Set(one.lines.map(({ concurrency }) => concurrency))];
  return [
    `## ${title}`,
    notes.join(' '),
    ...levels.map((level) =>
      renderLevel(
        one,
        one.lines.filter(({ concurrency }) => concurrency === level),
      ),
    ),
    renderMisses(one),
  ];
}

function filledText({ messages, users, seconds }: Filled): string {
  return `${whole(messages)} messages and ${whole(users)} users (messages stored in ${seconds.toFixed(1)} s)`;
}

function renderLevel({ small, large }: ScaleTable, lines: readonly ScaleLine[]): string {
  const level = lines[0]?.concurrency ?? 1;
  const times = ['p50', 'p95', 'p99'];
  const head = [
    level === 1 ? 'ms, one at a time' : `ms, ${level} at a time`,
    ...times.map((time, index) => (index === 0 ? `${whole(small.messages)}: ${time}` : time)),
    ...times.map((time, index) => (index === 0 ? `${whole(large.messages)}: ${time}` : time)),
    ...['p50 ×', 'p95 ×', 'found', 'requests'],
  ];
  const body = lines.map((line) => [
    line.name,
    ...[line.small, line.large].flatMap(({ latency }) => [latency.p50, latency.p95, latency.p99].map(ms)),
    (line.large.latency.p50 / line.small.latency.p50).toFixed(2),
    (line.large.latency.p95 / line.small.latency.p95).toFixed(2),
    foundText(line),
    whole(line.large.latency.count),
  ]);
  return table(head, body);
}

function foundText({ small, large }: ScaleLine): string {
  if (small.found === null || large.found === null) return '–';
  return small.found === large.found ? whole(large.found) : `${whole(small.found)}, ${whole(large.found)}`;
}

/** What is slower than it should be: of requests one at a time, and of growth where both answers hold as much. */
export function missesOf({ lines }: Pick<ScaleTable, 'lines'>): string[] {
  return lines.flatMap((line) => {
    const { aimMs, small, large, name } = line;
    if (aimMs === null) return [];
    const p95 = large.latency.p95;
    const ratio = large.latency.p50 / small.latency.p50;
    const pages = line.group !== 'search' || small.found === large.found;
    return [
      ...(p95 > aimMs ? [`${name}: p95 ${ms(p95)} ms, the aim is ${aimMs} ms`] : []),
      ...(pages && ratio > aimRatio ? [`${name}: the median grows ${ratio.toFixed(1)} times`] : []),
    ];
  });
}

function renderMisses(one: ScaleTable): string {
  const misses = missesOf(one);
  return misses.length === 0
    ? `All within the aims: the 95th percentile of one at a time, and a median that grows ${aimRatio} times at most.`
    : `**Beside the aims**\n\n${misses.map((miss) => `- ${miss}`).join('\n')}`;
}
