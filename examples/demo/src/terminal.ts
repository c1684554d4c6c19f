/** How wide the terminal is and whether it shows colours. */
export interface Terminal {
  columns: number;
  colour: boolean;
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  blue: [94, 39],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  brightRed: [91, 39],
  brightGreen: [92, 39],
  brightMagenta: [95, 39],
} as const;

export type Style = keyof typeof CODES;

// Without blue, which is the colour of read ticks.
const PEOPLE: readonly Style[] = [
  'cyan',
  'magenta',
  'yellow',
  'green',
  'brightRed',
  'brightMagenta',
  'brightGreen',
  'red',
];

/**
 * Reads what an output stream can show: colours only on a terminal and without NO_COLOR (no-color.org).
 *
 * @param stream usually `process.stdout`
 * @param env usually `process.env`
 */
export function terminalOf(
  stream: { isTTY?: boolean; columns?: number },
  env: { NO_COLOR?: string | undefined; TERM?: string | undefined },
): Terminal {
  const refused = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  const columns = stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80;
  return { columns, colour: stream.isTTY === true && !refused };
}

/** Puts a text in a style, or returns it as it is where there are no colours. */
export function paint(text: string, style: Style, terminal: Terminal): string {
  if (!terminal.colour || text === '') return text;
  const [on, off] = CODES[style];
  return `\u001B[${on}m${text}\u001B[${off}m`;
}

/** The colour of a person: by place in the list, so that the first eight are all different. */
export function colourOf(name: string, people: readonly string[]): Style {
  const place = people.indexOf(name);
  // A name that is not in the list, e.g. of somebody who joined later, still has the same colour each time.
  const index = place >= 0 ? place : [...name].reduce((sum, char) => sum + (char.codePointAt(0) ?? 0), 0);
  return PEOPLE[index % PEOPLE.length] ?? 'cyan';
}

/**
 * Makes a text from somebody else safe to print: no escape sequences, which could rewrite the screen, and
 * no direction overrides, which would reach into the columns beside it. Line breaks stay.
 */
export function printable(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\t/g, '    ')
    .replace(/[\u2028\u2029]/g, '\n')
    .replace(/[\u202A-\u202E\u2066-\u2069]/g, '')
    .replace(/(?!\n)\p{Cc}/gu, '\uFFFD')
    .replace(/\p{Cs}/gu, '\uFFFD');
}
