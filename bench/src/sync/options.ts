import { parseArgs } from 'node:util';

import { count, parseName } from '../options.ts';

/** What `--sync` measures with. */
export interface SyncOptions {
  /** Messages of the long chat, all of which somebody missed. */
  changes: number;
  /** Chats of the one who has many. */
  chats: number;
  /** How often each row is asked for. */
  rounds: number;
  out: string;
  json: string | null;
  name: string;
}

/** Chats of the one who has few. */
export const fewChats = 10;
/** Chats in which something changed, of many and of few. */
export const movedChats = 3;

export const SYNC_USAGE = `npm run bench -- --sync [options]: what a page of sync costs: milliseconds, bytes, database queries; about half a minute
  --changes 10000                changes that somebody missed at most
  --chats 1000                   chats of somebody with many
  --rounds 100                   how often each row is asked for; the long ones less often
  --out, --name, --json          as above`;

/** Reads the command line of `--sync`; an error says which option is wrong and what it must be. */
export function parseSyncOptions(args: readonly string[]): SyncOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sync: { type: 'boolean' },
      changes: { type: 'string', default: '10000' },
      chats: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '100' },
      out: { type: 'string', default: 'bench/results' },
      json: { type: 'string' },
      name: { type: 'string', default: 'sync' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const chats = count('--chats', values.chats);
  if (chats < fewChats) throw new Error(`--chats must be at least ${fewChats}`);
  return {
    changes: count('--changes', values.changes),
    chats,
    rounds: count('--rounds', values.rounds),
    out: values.out,
    json: values.json ?? null,
    name: parseName(values.name),
  };
}
