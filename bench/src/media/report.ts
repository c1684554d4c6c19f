import type { Machine } from '../machine.ts';
import { ms, whole } from '../stats.ts';
import { table } from '../table.ts';
import { inFlight, photosPerSecond } from './measure-beside.ts';
import type { MediaOptions } from './options.ts';
import type { BesideRound, MediaRows, OfflineRow, PushRow, Sample, ToolsRow, UploadRow } from './rows.ts';
import { caseName, compare, renderSummary, summaryOf } from './summary.ts';

/** What is written to the result file. */
export interface MediaResults {
  machine: Machine;
  date: string;
  commit: string | null;
  options: Partial<MediaOptions>;
  files: Sample[];
  rows: MediaRows;
  /** Broken promises and what could not run; a run that has any of them exits with 1. */
  problems: string[];
}

/** The options that shape the numbers: addresses and file names stay out of what is published. */
export function publishedMediaOptions(options: MediaOptions): Partial<MediaOptions> {
  const { only, seconds, warmup, uploads, imageMb, videos, videoMb, rounds, pairs, rate } = options;
  return { only, seconds, warmup, uploads, imageMb, videos, videoMb, rounds, pairs, rate };
}

/** All rows as one Markdown page that reads well in a terminal, too. */
export function renderMedia(results: MediaResults): string {
  const { machine, rows, files, problems, options } = results;
  const lines = summaryOf(rows, options);
  const sizes = files.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`).join(', ');
  const parts = [
    `Measured ${results.date} on ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.kernel}, ` +
      `Node ${machine.node}, commit ${results.commit ?? 'unknown'}; whoever uploads and sends is on the same machine.`,
    ...(lines.length > 0 ? [renderSummary(lines)] : []),
    ...(sizes === '' ? [] : [`Files: ${sizes}. 1 MB is 2^20 bytes.`]),
    ...renderUploads(rows.uploads),
    ...renderThumbnails(rows),
    ...renderPushes(rows.pushes.rows, rows.pushes.missing),
    ...renderOffline(rows.pushes.offline),
    ...renderBeside(rows, options.rate ?? 0),
  ];
  if (problems.length > 0)
    parts.push(`**Problems**\n\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 2 : 1)} MB`;
}

/** CPU seconds for each of so many. */
function each(seconds: number | undefined, count: number): string {
  return seconds === undefined || count === 0 ? '–' : (seconds / count).toFixed(3);
}

const cpuHead = ['server', 'PostgreSQL', 'tools'];

function uploadCells(row: UploadRow): string[] {
  const { latency, cpu, uploads, seconds } = row;
  return [
    String(uploads),
    seconds.toFixed(2),
    ...[latency.p50, latency.p95, latency.max].map(ms),
    ...[cpu?.own, cpu?.postgres, cpu?.tools].map((spent) => each(spent, uploads)),
  ];
}

const uploadHead = ['uploads', 'seconds', 'p50', 'p95', 'max', ...cpuHead];

function renderUploads(rows: readonly UploadRow[]): string[] {
  if (rows.length === 0) return [];
  const head = ['uploads', ...uploadHead.slice(1), 'MB before', 'most', 'till ready', 'ready after'];
  const mb = (kb: number | undefined): string => (kb === undefined ? '–' : (kb / 1024).toFixed(1));
  const body = rows.map((row) => {
    const [count, ...cells] = uploadCells(row);
    const memory = [row.rssKb?.before, row.rssKb?.most, row.rssKb?.mostReady].map(mb);
    return [`${row.name} (${count})`, ...cells, ...memory, `${row.readySeconds.toFixed(2)} s`];
  });
  const note =
    'Milliseconds from the first byte sent to the last of the answer; CPU seconds for each upload until all are ready (tools: image processes, ' +
    'ffmpeg); MB: resident memory of the server process, the most until the last answer and until all are ready; ready: looked into by a worker.';
  return ['## Uploads', table(head, body), note];
}

function renderThumbnails({ thumbnails: { uploads, tools } }: MediaRows): string[] {
  if (uploads.length + tools.length === 0) return [];
  const head = ['12 megapixels', 'images/s', ...uploadHead];
  const ofTools = ({ processes, images, seconds, latency, cpu }: ToolsRow): string[] => [
    `tools alone, image processes: ${processes}`,
    (images / seconds).toFixed(2),
    ...[String(images), seconds.toFixed(2), ...[latency.p50, latency.p95, latency.max].map(ms)],
    ...[each(cpu.own, images), '–', each(cpu.tools, images)],
  ];
  const body = [
    ...uploads.map((row) => [row.name, (row.uploads / row.seconds).toFixed(2), ...uploadCells(row)]),
    ...tools.map(ofTools),
  ];
  const note =
    'A server has two image processes (IMAGE_PROCESSES). CPU seconds for each image; of the tools alone, server is the process that ' +
    'they are in.';
  return ['## Thumbnails', table(head, body), note];
}

function renderPushes(rows: readonly PushRow[], missing: readonly string[]): string[] {
  if (rows.length === 0) return missing.map((one) => `${one}.`);
  const head = ['one worker', 'decisions/s', 'messages/s', 'pushes/s', 'on events', 'on windows'];
  const micros = (seconds: number, count: number) =>
    count === 0 ? '–' : ((seconds * 1e6) / count).toFixed(1);
  const body = rows.map(({ engine, messages, decisions, pushes, seconds, parts, cpu, ...row }) => [
    `${caseName(row.case)}, ${engine}`,
    ...[decisions, messages, pushes].map((count) => whole(count / seconds)),
    ...[parts.events, parts.windows].map((spent) => `${((100 * spent) / seconds).toFixed(0)} %`),
    ...[cpu.own, cpu.postgres].map((spent) => micros(spent, decisions)),
  ]);
  const note =
    'Events handed to pushMessage as the bus does, 256 at a time, and a gateway that takes all at once. A decision is one recipient; in groups ' +
    'five messages of each come into a window. The last columns are CPU µs for each decision, of the worker and of its PostgreSQL. ' +
    'With Redis, presence and the ledger are there, all else is in PostgreSQL.';
  return [
    '## Pushes',
    table([...head, 'worker µs', 'PostgreSQL µs'], body),
    [note, ...missing.map((one) => `${one}.`)].join('\n'),
  ];
}

function renderOffline(rows: readonly OfflineRow[]): string[] {
  if (rows.length === 0) return [];
  const head = ['direct, away', 'accepted/s', 'pushed/s', 'push p50', 'p95', 'p99', 'answer p50', 'p99'];
  const body = rows.map(({ name, cpu, push, acceptance, acceptedPerSecond, pushedPerSecond }) => [
    name,
    ...[acceptedPerSecond, pushedPerSecond].map(whole),
    ...[push.p50, push.p95, push.p99, acceptance.p50, acceptance.p99].map(ms),
    ...[cpu.server, cpu.postgres, cpu.generator, cpu.others].map((seconds) =>
      seconds === null ? '–' : (seconds / cpu.wallSeconds).toFixed(2),
    ),
    cpu.limitedBy,
  ]);
  const note =
    'Over /ws, through a whole server. Milliseconds from send to the request that came to a fake FCM, which is in the generator; CPU in cores used.';
  return [table([...head, 'server', 'PostgreSQL', 'generator', 'others', 'limited by'], body), note];
}

function renderBeside({ beside: rounds }: MediaRows, rate: number): string[] {
  if (rounds.length === 0) return [];
  const titles = { closed: `/ws, ${inFlight} in flight`, open: `/ws, fixed ${rate}/s` } as const;
  const head = [
    'messages beside',
    'delivered/s',
    'p50',
    'p99',
    'delivered ×',
    'p99 ×',
    'files',
    'upload p95',
  ];
  const tables = (['closed', 'open'] as const).map((load) => {
    const body = compare(rounds, load).map((one) => {
      const own = rounds.filter((round) => round.load === load && round.beside === one.beside);
      const uploads = own.flatMap(({ upload }) => (upload ? [upload.p95] : []));
      const wall = own.reduce((sum, { cpu }) => sum + cpu.wallSeconds, 0);
      const cores = (of: (round: BesideRound) => number | null | undefined): string =>
        (own.reduce((sum, round) => sum + (of(round) ?? 0), 0) / wall).toFixed(2);
      return [
        one.beside,
        ...[whole(one.perSecond), ms(one.p50), ms(one.p99)],
        ...[one.perSecondRatio, one.p99Ratio].map((ratio) => ratio.toFixed(2)),
        ...[String(one.files), uploads.length > 0 ? ms(Math.max(...uploads)) : '–'],
        ...(['own', 'postgres', 'tools'] as const).map((part) => cores(({ family }) => family?.[part])),
        ...(['generator', 'others'] as const).map((who) => cores(({ cpu }) => cpu[who])),
        own
          .map((round) => (load === 'closed' ? whole(round.deliveredPerSecond) : ms(round.delivery.p99)))
          .join(' '),
      ];
    });
    const columns = ['server', 'PostgreSQL', 'tools', 'generator', 'others', 'rounds'];
    return table([`${titles[load]}: ${head[0]}`, ...head.slice(1), ...columns], body);
  });
  const note =
    `Rounds in turns on one server; ratios are medians over the rounds, each to the round without files. Images: ${photosPerSecond}/s of two megapixels; ` +
    'videos: a worker always has one to look into (1080p). Files: ready within the measured periods. CPU in cores used; tools: image ' +
    'processes and ffmpeg; others: whoever uploads, too.';
  return ['## Messages beside files', ...tables, note];
}
