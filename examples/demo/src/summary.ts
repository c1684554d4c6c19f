import type { Terminal } from './terminal.ts';
import { paint } from './terminal.ts';
import { displayWidth, pad } from './width.ts';

/** How long one message took from sending; a time is missing when it never got there. */
export interface Timing {
  deliveredMs?: number;
  readMs?: number;
}

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
}

/** What a replay came to. */
export interface Summary {
  messages: number;
  people: number;
  /** Missing when no message was delivered. */
  delivered?: Percentiles;
  read?: Percentiles;
  totalMs: number;
  messagesPerSecond: number;
}

/** The value below or at which `share` (0 to 1) of the values lie (nearest rank); undefined without values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return rank(sorted, share);
}

/**
 * Sums up a replay.
 *
 * @param timings one per message sent
 * @param people how many took part
 * @param totalMs from before the first message to after the last receipt
 */
export function summarise(timings: readonly Timing[], people: number, totalMs: number): Summary {
  const delivered = percentiles(timings.map((timing) => timing.deliveredMs));
  const read = percentiles(timings.map((timing) => timing.readMs));
  return {
    messages: timings.length,
    people,
    ...(delivered === undefined ? {} : { delivered }),
    ...(read === undefined ? {} : { read }),
    totalMs,
    messagesPerSecond: totalMs > 0 ? (timings.length / totalMs) * 1000 : 0,
  };
}

/** Renders the table at the end of a replay. Returns lines joined by `\n`, without one at the end. */
export function renderSummary(summary: Summary, terminal: Terminal): string {
  const rows: [string, string][] = [
    ['messages', String(summary.messages)],
    ['people', String(summary.people)],
    ...latencyRows('delivered', summary.delivered),
    ...latencyRows('read', summary.read),
    ['total time', `${(summary.totalMs / 1000).toFixed(2)} s`],
    ['messages/s', summary.messagesPerSecond.toFixed(1)],
  ];
  const labels = Math.max(...rows.map(([label]) => displayWidth(label)));
  const values = Math.max(...rows.map(([, value]) => displayWidth(value)));
  const rule = (left: string, middle: string, right: string): string =>
    paint(`${left}${'─'.repeat(labels + 2)}${middle}${'─'.repeat(values + 2)}${right}`, 'dim', terminal);
  const bar = paint('│', 'dim', terminal);
  const body = rows.map(([label, value]) => {
    const shown = paint(pad(value, values, 'start'), 'bold', terminal);
    return `${bar} ${pad(label, labels)} ${bar} ${shown} ${bar}`;
  });
  return [rule('┌', '┬', '┐'), ...body, rule('└', '┴', '┘')].join('\n');
}

function latencyRows(label: string, percentiles: Percentiles | undefined): [string, string][] {
  return (['p50', 'p95', 'p99'] as const).map((name) => {
    const ms = percentiles?.[name];
    return [`${label} ${name}`, ms === undefined ? '–' : `${ms.toFixed(1)} ms`];
  });
}

function percentiles(values: readonly (number | undefined)[]): Percentiles | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const [p50, p95, p99] = [rank(sorted, 0.5), rank(sorted, 0.95), rank(sorted, 0.99)];
  return p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 };
}

function rank(sorted: readonly number[], share: number): number | undefined {
  // A share such as 0.07 of 100 comes out a hair above 7, which must not round up to the 8th.
  const place = Math.ceil(Number((share * sorted.length).toFixed(9)));
  return sorted[Math.min(Math.max(place, 1), sorted.length) - 1];
}
