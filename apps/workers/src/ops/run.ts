/** The operator's command: reads the arguments and calls what they name. */
import { parseArgs } from 'node:util';
import type { DeadLetterStore } from '@parley/core';
import { listLetters, replayLetters, showLetter } from './dlq.ts';

export interface OpsParts {
  /** Opens the database of the server; called only once the arguments are known to make sense. */
  open(): Promise<{ deadLetters: DeadLetterStore; close(): Promise<void> }>;
  out(text: string): void;
  error(text: string): void;
}

const help = `npm run ops -- COMMAND

  dlq list [--limit N] [--json]   events that a consumer could not handle, the newest first (50)
  dlq show ID                     one of them, with its event, as JSON; it may hold what people wrote
  dlq replay ID... | --all        hands them back to the consumer that could not handle them, and to no other

The database is that of DATABASE_URL, else of the server that runs on PARLEY_DATA_DIR (.data).
Exit codes: 0 done, 1 not or not all done, 2 the command was not understood.
`;

/** What was wrong with the arguments. */
class UsageError extends Error {}

type Action = (letters: DeadLetterStore) => Promise<number>;

/** Runs a command; gives the exit code. Never throws. */
export async function runOps(args: readonly string[], parts: OpsParts): Promise<number> {
  let action: Action | 'help';
  try {
    action = read(args, parts.out);
  } catch (error) {
    parts.error(`${(error as Error).message}\n\n${help}`);
    return 2;
  }
  if (action === 'help') {
    parts.out(help);
    return 0;
  }
  try {
    const operator = await parts.open();
    try {
      return await action(operator.deadLetters);
    } finally {
      await operator.close();
    }
  } catch (error) {
    parts.error(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

function read(args: readonly string[], write: (text: string) => void): Action | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      all: { type: 'boolean' },
      limit: { type: 'string' },
    },
  });
  const [group, command, ...ids] = positionals;
  if (values.help || group === 'help') return 'help';
  if (group === undefined) throw new UsageError('No command was given.');
  if (group !== 'dlq') throw new UsageError(`There is no command '${group}'.`);
  const only = (...names: (keyof typeof values)[]) => {
    const other = (Object.keys(values) as (keyof typeof values)[]).find((name) => !names.includes(name));
    if (other) throw new UsageError(`dlq ${command} does not take --${other}.`);
  };
  switch (command) {
    case 'list': {
      only('limit', 'json');
      if (ids.length > 0) throw new UsageError('dlq list takes no ids.');
      const limit = readLimit(values.limit ?? '50');
      return (letters) => listLetters(letters, { limit, json: values.json ?? false }, write);
    }
    case 'show': {
      only();
      const [id] = ids;
      if (id === undefined || ids.length > 1) throw new UsageError('dlq show takes one id.');
      return (letters) => showLetter(letters, id, write);
    }
    case 'replay': {
      only('all');
      const all = values.all ?? false;
      if (all === ids.length > 0) throw new UsageError('dlq replay takes ids, or --all.');
      return (letters) => replayLetters(letters, all ? 'all' : ids, write);
    }
    default:
      throw new UsageError(
        command ? `There is no command 'dlq ${command}'.` : 'dlq needs list, show or replay.',
      );
  }
}

function readLimit(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) < 1 || Number(text) > 1_000) {
    throw new UsageError('--limit must be a whole number from 1 to 1000.');
  }
  return Number(text);
}
