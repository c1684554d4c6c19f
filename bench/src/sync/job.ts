import type { SyncInput } from '@parley/contract';

import { median } from '../stats.ts';
import { fewChats, movedChats, type SyncOptions } from './options.ts';
import { SyncWorld, type Walk } from './world.ts';

export type SyncJob = Pick<SyncOptions, 'changes' | 'chats' | 'rounds'> & { dataDir: string };

/** One row: what is asked for, and what it came to; times are medians. */
export interface SyncRow extends Walk {
  name: string;
  rounds: number;
}

export interface SyncMeasured {
  rows: SyncRow[];
  /** What many chats cost, in times of few: milliseconds (the median of the rounds) and queries. */
  ratio: { ms: number; queries: number };
  problems: string[];
}

/** Changes of which a page is asked for; the last is all that there are. */
const steps = [1, 100];

export async function runSync({ dataDir, changes, chats, rounds }: SyncJob): Promise<SyncMeasured> {
  const world = await SyncWorld.open(dataDir, { changes, chats });
  const rows: SyncRow[] = [];
  const problems: string[] = [];
  const note = (name: string, walks: Walk[], messages: number): SyncRow => {
    const last = walks.at(-1) as Walk;
    if (last.messages !== messages)
      problems.push(`${name}: ${last.messages} messages instead of ${messages}`);
    const row = { ...last, name, rounds: walks.length, ms: median(walks.map((walk) => walk.ms)) };
    rows.push(row);
    return row;
  };
  try {
    for (const missed of [...steps.filter((step) => step < changes), changes]) {
      const from = { user: 1, chats: { [world.long]: { version: changes - missed, state_version: 1 } } };
      const times = Math.max(3, Math.min(rounds, Math.ceil((rounds * 100) / missed)));
      const walks: Walk[] = [];
      for (let round = 0; round <= times; round += 1) walks.push(await world.walk(world.reader, from));
      note(
        `${missed.toLocaleString('en-US')} ${missed === 1 ? 'change' : 'changes'} of one chat`,
        walks.slice(1),
        missed,
      );
    }
    const few: Walk[] = [];
    const many: Walk[] = [];
    // In turns, so that what the machine does meanwhile falls on both.
    for (let round = 0; round <= rounds; round += 1) {
      few.push(await world.walk(world.few.user, heldOf(world.few)));
      many.push(await world.walk(world.many.user, heldOf(world.many)));
    }
    const small = note(`${movedChats} of ${fewChats} chats changed`, few.slice(1), movedChats);
    const large = note(
      `${movedChats} of ${chats.toLocaleString('en-US')} chats changed`,
      many.slice(1),
      movedChats,
    );
    const still: Walk[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      still.push(await world.walk(world.many.user, heldOf(world.many, 0)));
    }
    note(`none of ${chats.toLocaleString('en-US')} chats changed`, still.slice(1), 0);
    return { rows, ratio: { ms: large.ms / small.ms, queries: large.queries / small.queries }, problems };
  } finally {
    await world.close();
  }
}

/** The numbers of somebody who has missed the one message of so many chats. */
function heldOf({ chats }: { chats: readonly string[] }, moved = movedChats): SyncInput {
  const numbers = chats.map((id, n) => [id, { version: n < moved ? 0 : 1, state_version: 1 }] as const);
  return { user: chats.length, chats: Object.fromEntries(numbers) };
}
