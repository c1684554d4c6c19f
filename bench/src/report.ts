import type { CpuUse } from './cpu.ts';
import type { Machine } from './machine.ts';
import type { Options } from './options.ts';
import type { GroupRow, IdleRow, MessagesRow, RestRow, RestSide, Row } from './rows.ts';
import { ms, whole } from './stats.ts';
import { table } from './table.ts';

/** What is written to the result file. */
export interface Results {
  machine: Machine;
  date: string;
  commit: string | null;
  options: Partial<Options>;
  rows: Row[];
  /** Broken promises and rows that could not run; a run that has any of them exits with 1. */
  problems: string[];
}

/** The options that shape the numbers: addresses and file names stay out of what is published. */
export function publishedOptions(options: Options): Partial<Options> {
  const { only, seconds, warmup, pairs, inFlight, rate, members, groupInFlight } = options;
  const { connections, restConnections } = options;
  return {
    ...{ only, seconds, warmup, pairs, inFlight, rate, members, groupInFlight },
    ...{ connections, restConnections },
  };
}

/** All rows as one Markdown page that reads well in a terminal, too. */
export function renderReport(results: Results): string {
  const { machine, rows, problems } = results;
  const messages = rows.filter((row) => row.kind === 'messages');
  const groups = rows.filter((row) => row.kind === 'group');
  const rest = rows.filter((row) => row.kind === 'rest');
  const idle = rows.filter((row) => row.kind === 'idle');
  const parts = [
    `Measured ${results.date} on ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.kernel}, ` +
      `Node ${machine.node}, commit ${results.commit ?? 'unknown'}; generator on the same machine.`,
  ];
  if (messages.length > 0) parts.push(renderMessages(messages));
  if (groups.length > 0) parts.push(renderGroups(groups));
  if (rest.length > 0) parts.push(...rest.map(renderRest));
  if (idle.length > 0) parts.push(renderIdle(idle));
  if (problems.length > 0)
    parts.push(`**Problems**\n\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

const cpuHead = ['server', 'PostgreSQL', 'generator', 'others', 'limited by'];

function renderMessages(rows: readonly MessagesRow[]): string {
  const head = ['1:1 messages', 'accepted/s', 'delivered/s', 'p50', 'p95', 'p99', 'max', 'answer p50', 'p99'];
  const body = rows.map((row) => [
    row.name,
    whole(row.acceptedPerSecond),
    whole(row.deliveredPerSecond),
    ...[row.delivery.p50, row.delivery.p95, row.delivery.p99, row.delivery.max].map(ms),
    ...[row.acceptance.p50, row.acceptance.p99].map(ms),
    ...cores(row.cpu),
    row.cpu.limitedBy,
  ]);
  const lags = rows.flatMap((row) =>
    row.lag
      ? [`${row.name}: the generator itself was ${ms(row.lag.p50)} late at p50, ${ms(row.lag.p99)} at p99.`]
      : [],
  );
  const note =
    `${rows[0]?.pairs ?? 0} pairs. Milliseconds from send to the recipient's message.new (answer: to the sender's ` +
    'message.sent); CPU in cores used.';
  return [table([...head, ...cpuHead], body), [note, ...lags].join('\n')].join('\n\n');
}

function renderGroups(rows: readonly GroupRow[]): string {
  const head = ['a group', 'accepted/s', 'deliveries/s', 'p50', 'p95', 'p99', 'max', 'answer p50', 'p99'];
  const body = rows.map((row) => [
    row.name,
    whole(row.acceptedPerSecond),
    whole(row.deliveredPerSecond),
    ...[row.delivery.p50, row.delivery.p95, row.delivery.p99, row.delivery.max].map(ms),
    ...[row.acceptance.p50, row.acceptance.p99].map(ms),
    ...cores(row.cpu),
    row.cpu.limitedBy,
  ]);
  const note =
    "All members over /ws, sending in turn. Milliseconds from send to each other member's message.new (answer: to the " +
    "sender's message.sent); CPU in cores used.";
  return `${table([...head, ...cpuHead], body)}\n\n${note}`;
}

function cores(cpu: CpuUse): string[] {
  return [cpu.server, cpu.postgres, cpu.generator, cpu.others].map((seconds) =>
    seconds === null ? '–' : (seconds / cpu.wallSeconds).toFixed(2),
  );
}

function renderRest(row: RestRow): string {
  const side = (name: string, { perSecond, p50, p99, cpuMicroseconds, rounds }: RestSide): string[] => [
    name,
    whole(perSecond),
    ms(p50),
    ms(p99),
    cpuMicroseconds === null ? '–' : whole(cpuMicroseconds),
    rounds.map((round) => whole(round.perSecond)).join(' '),
    [...new Set(rounds.map((round) => round.cpu.limitedBy))].join('; '),
  ];
  const head = [row.name, 'requests/s', 'p50', 'p99', 'CPU µs/request', 'rounds', 'limited by'];
  const body = [side('Parley', row.parley), side('bare Express 5, same bytes', row.express)];
  return `${table(head, body)}\n\nParley makes ${row.ratio.toFixed(2)} × bare Express (median of the rounds).`;
}

function renderIdle(rows: readonly IdleRow[]): string {
  const mb = (kb: number | undefined): string => (kb === undefined ? '–' : (kb / 1024).toFixed(1));
  const kb = (value: number | null): string => (value === null ? '–' : value.toFixed(1));
  const head = [
    'idle connections',
    'KB each',
    'second half',
    'MB before',
    'half',
    'all',
    'connects/s',
    'sign-ins/s',
  ];
  const body = rows.map((row) => [
    row.name,
    kb(row.kbPerConnection),
    kb(row.kbPerConnectionSecondHalf),
    ...[row.rssKb?.before, row.rssKb?.half, row.rssKb?.after].map(mb),
    whole(row.connectsPerSecond),
    whole(row.signInsPerSecond),
  ]);
  const notes = rows.flatMap((row) => {
    if (row.note) return [`${row.name}: ${row.note}.`];
    return row.settled ? [] : [`${row.name}: memory was still moving when it was read.`];
  });
  const note = "Resident memory of the server process (1 KB = 1,024 bytes); PostgreSQL's is not in it.";
  return [table(head, body), [note, ...notes].join('\n')].join('\n\n');
}
