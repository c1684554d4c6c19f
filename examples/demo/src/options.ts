/** Command line of the demo. */
import { parseArgs } from 'node:util';

export interface Options {
  /** The export to play. */
  file: string;
  /** A running server; null finds one or starts its own. */
  url: string | null;
  /** Milliseconds between two messages; null lets the demo choose. */
  pace: number | null;
  /** Messages to play at most. */
  limit: number;
}

export const usage = `npm run demo -- [FILE] [--url http://localhost:8080] [--pace MS] [--limit N]

Plays a chat exported from WhatsApp ("Export chat", without media) through Parley: every person signs in, connects and
sends what they wrote; ticks and the time to the last device are shown for each message. FILE is a text file, by default
a trip of three friends. Without --url it uses the server on PORT (8080) if one runs there, else it starts its own.`;

/** Reads the arguments. Errors: an `Error` that says what is wrong. */
export function parseOptions(args: string[], fallbackFile: string): Options | 'help' {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      pace: { type: 'string' },
      limit: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  if (positionals.length > 1) throw new Error('name one file');
  const url = values.url ?? null;
  if (url !== null && !URL.canParse(url))
    throw new Error('--url must be an address like http://localhost:8080');
  return {
    file: positionals[0] ?? fallbackFile,
    url,
    pace: values.pace === undefined ? null : number(values.pace, '--pace', 0),
    limit: number(values.limit, '--limit', Number.POSITIVE_INFINITY),
  };
}

function number(value: string | undefined, name: string, fallback: number): number {
  if (value === undefined) return fallback;
  if (!/^\d{1,7}$/.test(value)) throw new Error(`${name} must be a whole number`);
  return Number(value);
}
