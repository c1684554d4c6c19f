/** The operator's command: reads the arguments and calls what they name. */
import { parseArgs } from 'node:util';
import { isUuid } from '@parley/core';
import type { Operator } from '@parley/runtime';
import { listLetters, replayLetters, showLetter } from './dlq.ts';
import { showChat, showUser } from './look.ts';
import { explainPush } from './push.ts';
import { showQueues } from './queue.ts';

export interface OpsParts {
  /** Opens the stores of the server; called only once the arguments are known to make sense. */
  open(): Promise<Operator>;
  out(text: string): void;
  error(text: string): void;
}

const help = `npm run ops -- COMMAND

  user PHONE [--json]             an account: chats, sessions, push tokens, whether it is connected
  chat ID [--json]                a chat: counters, members, how far each has read
  queue [--json]                  what waits: events by consumer, the outbox, dead letters
  push why MESSAGE_ID USER_ID     why somebody was pushed a message of the last day, or was not
  dlq list [--limit N] [--json]   events that a consumer could not handle, the newest first (50)
  dlq show ID                     one of them, with its event, as JSON; it may hold what people wrote
  dlq replay ID... | --all        hands them back to the consumer that could not handle them, and to no other

The database is that of DATABASE_URL, else of the server that runs on PARLEY_DATA_DIR (.data); the other stores are those of MONGO_URL,
REDIS_URL and NATS_URL. Nothing but dlq show tells what people wrote.
Exit codes: 0 done, 1 not or not all done, 2 the command was not understood.
`;

/** What was wrong with the arguments. */
class UsageError extends Error {}

type Action = (operator: Operator) => Promise<number>;
type Flags = Partial<Record<'help' | 'json' | 'all', boolean> & { limit: string }>;

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
      return await action(operator);
    } finally {
      await operator.close();
    }
  } catch (error) {
    parts.error(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

type Write = (text: string) => void;

function read(args: readonly string[], write: Write): Action | 'help' {
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
  const [group, ...rest] = positionals;
  if (values.help || group === 'help') return 'help';
  switch (group) {
    case undefined:
      throw new UsageError('No command was given.');
    case 'user':
      return readUser(rest, values, write);
    case 'chat':
      return readChat(rest, values, write);
    case 'queue':
      only('queue', values, 'json');
      if (rest.length > 0) throw new UsageError('queue takes nothing else.');
      return (operator) => showQueues(operator, values.json ?? false, write);
    case 'push':
      return readPush(rest, values, write);
    case 'dlq':
      return readDlq(rest, values, write);
    default:
      throw new UsageError(`There is no command '${group}'.`);
  }
}

/** Refuses options that the command does not take. */
function only(command: string, values: Flags, ...names: (keyof Flags)[]): void {
  const other = (Object.keys(values) as (keyof Flags)[]).find((name) => !names.includes(name));
  if (other) throw new UsageError(`${command} does not take --${other}.`);
}

function readUser([phone, ...more]: string[], values: Flags, write: Write): Action {
  only('user', values, 'json');
  // As people copy it from somewhere.
  const number = phone?.replace(/[\s().-]/g, '');
  if (!number || more.length > 0 || !/^\+[1-9]\d{1,14}$/.test(number)) {
    throw new UsageError('user takes one phone number, like +491511234567.');
  }
  return (operator) => showUser(operator, number, values.json ?? false, write);
}

function readChat([id, ...more]: string[], values: Flags, write: Write): Action {
  only('chat', values, 'json');
  if (!isUuid(id) || more.length > 0) throw new UsageError('chat takes one chat_id.');
  return (operator) => showChat(operator, id.toLowerCase(), values.json ?? false, write);
}

function readPush([command, message, user, ...more]: string[], values: Flags, write: Write): Action {
  only('push why', values);
  if (command !== 'why' || !isUuid(message) || !isUuid(user) || more.length > 0) {
    throw new UsageError('push why takes a message_id and a user_id.');
  }
  return (operator) => explainPush(operator, message.toLowerCase(), user.toLowerCase(), write);
}

function readDlq([command, ...ids]: string[], values: Flags, write: Write): Action {
  switch (command) {
    case 'list': {
      only('dlq list', values, 'limit', 'json');
      if (ids.length > 0) throw new UsageError('dlq list takes no ids.');
      const limit = readLimit(values.limit ?? '50');
      const json = values.json ?? false;
      return ({ deadLetters }) => listLetters(deadLetters, { limit, json }, write);
    }
    case 'show': {
      only('dlq show', values);
      const [id] = ids;
      if (id === undefined || ids.length > 1) throw new UsageError('dlq show takes one id.');
      return ({ deadLetters }) => showLetter(deadLetters, id, write);
    }
    case 'replay': {
      only('dlq replay', values, 'all');
      const all = values.all ?? false;
      if (all === ids.length > 0) throw new UsageError('dlq replay takes ids, or --all.');
      return ({ deadLetters }) => replayLetters(deadLetters, all ? 'all' : ids, write);
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
