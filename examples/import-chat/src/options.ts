/** What the importer is told on the command line. */
import { parseArgs } from 'node:util';

export const usage = `Usage: node examples/import-chat/src/main.ts <export.txt> <name of the group> [options]

Sends the messages of an exported chat to a group that you are in, as text with author and time. Run it again
after an interruption: it goes on where it stopped, and no message is there twice.

  --url <url>       the server (http://localhost:3000)
  --phone <phone>   who imports, like +491511234567; asked for a code once
  --session <file>  where the session is kept (./import-chat.session)`;

export interface Options {
  readonly file: string;
  readonly group: string;
  readonly url: string;
  readonly phone: string | undefined;
  readonly session: string;
}

/** Errors: an `Error` that says what is missing. */
export function parseOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { url: { type: 'string' }, phone: { type: 'string' }, session: { type: 'string' } },
  });
  const [file, group, ...more] = positionals;
  if (!file || !group || more.length > 0) throw new Error('give an exported chat and the name of a group');
  const { url = 'http://localhost:3000', phone, session = './import-chat.session' } = values;
  return { file, group, url, phone, session };
}
