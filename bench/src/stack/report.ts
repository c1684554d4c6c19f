import type { Machine } from '../machine.ts';
import type { Options } from '../options.ts';
import { ms, whole } from '../stats.ts';
import { table } from '../table.ts';
import { renderCosts } from './report-costs.ts';
import type { StackCase } from './run.ts';
import { standsIn } from './site.ts';

/** What is written to the result file. */
export interface StackResults {
  machine: Machine;
  date: string;
  commit: string | null;
  options: Partial<Options>;
  cases: StackCase[];
  /** Broken promises and cases that could not run; a run that has any of them exits with 1. */
  problems: string[];
}

/** The aim at the fixed rate, in milliseconds: the 99th percentile of deliveries. */
const aimMs = 50;

/** The options that shape the numbers. */
export function publishedStackOptions(options: Options): Partial<Options> {
  const { cases, only, seconds, warmup, pairs, inFlight, rate, restConnections } = options;
  return { cases, only, seconds, warmup, pairs, inFlight, rate, restConnections };
}

/** All cases side by side as one Markdown page that reads well in a terminal, too. */
export function renderStack(results: StackResults): string {
  const { machine, cases, problems } = results;
  const parts = [
    `Measured ${results.date} on ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.kernel}, ` +
      `Node ${machine.node}, commit ${results.commit ?? 'unknown'}; programs, stores and generator on the same machine.`,
  ];
  if (cases.some(({ rows, rest }) => rows.length > 0 || rest)) {
    parts.push(renderComparison(cases), renderNotes(results), ...renderCosts(cases));
  }
  if (problems.length > 0)
    parts.push(`**Problems**\n\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

/** The figures, with their ratio to the first case where that is the embedded one. */
function renderComparison(cases: readonly StackCase[]): string {
  const base = cases[0]?.case === 'embedded' ? cases[0] : undefined;
  const names = [...new Set(cases.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  const line = (
    title: string,
    value: (one: StackCase) => number | undefined,
    show: (value: number) => string,
  ): string[] => [
    title,
    ...cases.map((one) => {
      const [own, compared] = [value(one), base && base !== one ? value(base) : undefined];
      if (own === undefined) return '–';
      return compared ? `${show(own)} (${(own / compared).toFixed(2)} ×)` : show(own);
    }),
  ];
  const body = names.flatMap((name) => {
    const row = (one: StackCase) => one.rows.find((each) => each.name === name);
    const open = cases.some((one) => row(one)?.load.kind === 'open');
    return [
      line(`${name}: delivered/s`, (one) => row(one)?.deliveredPerSecond, whole),
      line(`${name}: p50 ms`, (one) => row(one)?.delivery.p50, ms),
      line(`${name}: p99 ms`, (one) => row(one)?.delivery.p99, ms),
      ...(open
        ? [[`${name}: p99 under ${aimMs} ms`, ...cases.map((one) => aim(row(one)?.delivery.p99))]]
        : []),
    ];
  });
  if (cases.some(({ rest }) => rest)) {
    body.push(
      line('GET /users/me: requests/s', ({ rest }) => rest?.perSecond, whole),
      line('GET /users/me: p50 ms', ({ rest }) => rest?.latency.p50, ms),
      line('GET /users/me: p99 ms', ({ rest }) => rest?.latency.p99, ms),
    );
  }
  body.push(
    ['messages that crossed from one realtime to the other', ...cases.map((one) => share(one, 'crossed'))],
    ['messages that came after a later one of their chat', ...cases.map((one) => share(one, 'overtaken'))],
    ['messages are kept in', ...cases.map(({ engines }) => engines.mongodb ?? engines.postgresql ?? '–')],
  );
  return table(['', ...cases.map(({ title }) => title)], body);
}

function aim(p99: number | undefined): string {
  if (p99 === undefined) return '–';
  return p99 < aimMs ? 'yes' : 'no';
}

/** Of all loads together. */
function share({ case: one, rows }: StackCase, of: 'crossed' | 'overtaken'): string {
  const sum = (field: typeof of | 'delivered') => rows.reduce((total, row) => total + row[field], 0);
  if (one === 'embedded' || sum('delivered') === 0) return '–';
  const percent = (100 * sum(of)) / sum('delivered');
  return `${percent === 0 || percent === 100 ? percent : percent.toFixed(3)} %`;
}

function renderNotes({ cases, options }: StackResults): string {
  const engines = [...new Set(cases.flatMap(({ engines }) => Object.values(engines)))];
  const notes = [
    `${options.pairs ?? 0} pairs; ms from send to the recipient's message.new; in brackets the ratio to embedded.`,
    'Clients are connected to realtime itself; REST goes through api. Rate limits are counted, and never reached.',
    `Stores: ${engines.join('; ')}.`,
  ];
  const standIn = engines.find(standsIn);
  if (standIn) {
    notes.push(
      `${standIn}: what it takes is not Parley's, nor MongoDB's. See the columns with messages in PostgreSQL, and the sums ` +
        'without the store below. Its fixed rate is as low as it needs.',
    );
  }
  return notes.join('\n');
}
