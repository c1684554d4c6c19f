import type { Style, Terminal } from './terminal.ts';
import { colourOf, paint, printable } from './terminal.ts';
import { displayWidth, pad, truncate } from './width.ts';
import { wrap } from './wrap.ts';

export type { Summary, Timing } from './summary.ts';
export { percentile, renderSummary, summarise } from './summary.ts';
export type { Terminal } from './terminal.ts';
export { colourOf, printable, terminalOf } from './terminal.ts';
export { displayWidth } from './width.ts';
export { wrap } from './wrap.ts';

export type Receipt = 'sent' | 'delivered' | 'read';

/** A message with how far it got. */
export interface ShownMessage {
  author: string;
  text: string;
  /** Local ISO time; only hours and minutes are shown. */
  at: string;
  receipt: Receipt;
  /** How long it took to get there; nothing is shown without. */
  latencyMs?: number;
}

/** What all lines of one chat share; make it with `chatView`. */
export interface ChatView {
  terminal: Terminal;
  people: readonly string[];
  /** Columns of the names, the same on each line so that texts are aligned. */
  nameColumns: number;
}

const TIME_COLUMNS = 5;
const LATENCY_COLUMNS = 8;
const GAP = '  ';
const MAX_NAME_COLUMNS = 16;
// Below this a text between name and ticks is hard to read, so it goes under the name.
const MIN_TEXT_COLUMNS = 24;
const MIN_COLUMNS = 20;

/** Lays out a chat: the names' column is as wide as the longest name, within limits. */
export function chatView(people: readonly string[], terminal: Terminal): ChatView {
  const widest = Math.max(1, ...people.map((name) => displayWidth(singleLine(name))));
  return { terminal, people, nameColumns: Math.min(MAX_NAME_COLUMNS, widest) };
}

/**
 * Renders a message: time, name, text, ticks and latency. A longer text goes on below its own column, with
 * the ticks at the end of its last line. Returns lines joined by `\n`, without one at the end.
 */
export function renderMessage(message: ShownMessage, view: ChatView): string {
  const { terminal, nameColumns } = view;
  const columns = Math.max(MIN_COLUMNS, terminal.columns);
  const time = paint(pad(message.at.slice(11, 16), TIME_COLUMNS), 'dim', terminal);
  const name = singleLine(message.author);
  const shown = paint(
    pad(truncate(name, nameColumns), nameColumns),
    colourOf(message.author, view.people),
    terminal,
  );
  const head = `${time}${GAP}${shown}${GAP}`;
  const indent = TIME_COLUMNS + nameColumns + 2 * GAP.length;
  const status = renderStatus(message, terminal);
  const beside = columns - indent - status.columns - GAP.length;
  const text = printable(message.text);
  if (beside < MIN_TEXT_COLUMNS) {
    const lines = wrap(text, columns - GAP.length).map((line) => GAP + line);
    return [head.trimEnd(), ...lines, pad('', columns - status.columns) + status.text].join('\n');
  }
  const lines = wrap(text, beside);
  return lines
    .map((line, index) => {
      const start = index === 0 ? head : ' '.repeat(indent);
      return index === lines.length - 1
        ? start + pad(line, beside) + GAP + status.text
        : (start + line).trimEnd();
    })
    .join('\n');
}

/** Renders what the app says (`Ann added Bob`) in the middle of the line. */
export function renderSystem(text: string, view: ChatView): string {
  return renderCentred(printable(text), 'dim', view.terminal);
}

/** Renders the line between two days, e.g. `Sunday, 31 December 2023`, from a local ISO time. */
export function renderDay(at: string, view: ChatView): string {
  // Read and written as UTC: the wall-clock date must not move with the zone of this machine.
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' });
  return renderCentred(day.format(new Date(`${at.slice(0, 10)}T00:00:00Z`)), 'bold', view.terminal);
}

/** A latency as shown beside a message: whole milliseconds, with a decimal below ten. */
export function formatLatency(ms: number): string {
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function renderStatus(message: ShownMessage, terminal: Terminal): { text: string; columns: number } {
  const ticks = message.receipt === 'sent' ? '✓' : '✓✓';
  // Without colours the word has to tell read from delivered.
  const label = terminal.colour
    ? pad(ticks, 2)
    : pad(message.receipt === 'read' ? `${ticks} read` : ticks, 7);
  const latency = message.latencyMs === undefined ? '' : formatLatency(message.latencyMs);
  const end = pad(latency, LATENCY_COLUMNS, 'start');
  const style = message.receipt === 'read' ? 'blue' : 'dim';
  const columns = displayWidth(label) + 1 + displayWidth(end);
  if (latency === '') return { text: paint(label.trimEnd(), style, terminal), columns };
  return { text: `${paint(label, style, terminal)} ${paint(end, 'dim', terminal)}`, columns };
}

function renderCentred(text: string, style: Style, terminal: Terminal): string {
  const columns = Math.max(MIN_COLUMNS, terminal.columns);
  return wrap(text, columns - 4)
    .map((line) => ' '.repeat(Math.floor((columns - displayWidth(line)) / 2)) + paint(line, style, terminal))
    .join('\n');
}

function singleLine(name: string): string {
  return printable(name).replaceAll('\n', ' ');
}
