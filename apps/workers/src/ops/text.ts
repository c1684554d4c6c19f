/** Text for an operator's terminal. */
import { isUuid } from '@parley/core';

/** Longest cell of the table's last column. */
const lineLength = 100;

/** The first line, without what must not be read over a shoulder: phone numbers, tokens, and bytes that steer a terminal. */
export function oneLine(text: string): string {
  const [first = ''] = text.trimStart().split(/[\r\n]/);
  const plain = first
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\+\d[\d ()-]{5,}\d/g, '[phone]')
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[token]')
    .replace(/[\w-]{32,}/g, (word) => (isUuid(word) ? word : '[token]'));
  return plain.length > lineLength ? `${plain.slice(0, lineLength - 1)}…` : plain;
}

/** Rows in columns, with a heading. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [heading, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Pairs of a name and a value, one a line. */
export function facts(pairs: readonly (readonly [string, string | number | null])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value ?? '–'}\n`).join('');
}
