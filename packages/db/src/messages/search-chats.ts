/**
 * Searching many chats, sorted by id. Chats are taken in waves, the latest active first, until the page is full and no chat behind can have
 * anything newer. Of each chat the messages without a block are read, and then blocks found through the index, the newest of all chats
 * first. So a search reads at most `blocksRead` blocks; what is behind these is not found.
 */
import type { MessageStore, StoredMessage } from '@parley/core';
import type { Sql } from '../sql.ts';
import { blockSize } from './indexer.ts';
import { type MessageRow, noEnd, toStored } from './rows.ts';
import { blocksRead } from './search.ts';
import { blocksPerChat, blocksSql, firstId, lastId, messagesSql, newestSql } from './search-chats-sql.ts';
import { blockQueryOf, patternsOf } from './words.ts';

type Input = Parameters<MessageStore['searchChats']>[0];
type SearchedWindow = Input['windows'][number];

/** A chat whose blocks below `block` were not looked at yet. */
interface OpenChat {
  window: SearchedWindow;
  block: number;
  /** The last id in the block below; null if there is none. */
  lastId: string | null;
}

type Candidate = OpenChat & { lastId: string };

/** Chats of the first wave, which may be all that are looked at, and how each further one grows. */
const firstWave = 64;
const waveGrowth = 16;
/** Chats of a statement; those of a wave run beside each other. */
const chatsAtOnce = 256;
/** Blocks whose messages are read at once: few at first, because they may fill the page. */
const blocksFirst = 16;
const blocksAtOnce = 128;
/** Ids rise with time and with `seq`, but for what clocks differ and messages wait: milliseconds. */
const slackMs = 10_000;
/** The least version 7 id of a time. */
function idOf(time: number): string {
  const hex = Math.min(Math.max(time, 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** As `MessageStore.searchChats` says. */
export async function searchChats(sql: Sql, input: Input): Promise<StoredMessage[]> {
  const search = new ChatsSearch(sql, input);
  for (let from = 0, size = firstWave; from < input.windows.length; from += size, size *= waveGrowth) {
    const wave = input.windows.slice(from, from + size);
    if (!search.mayHave(Date.parse(wave[0]?.lastAt ?? ''))) break;
    await search.read(wave);
  }
  return search.found.map(toStored);
}

/** What a statement gives for some chats at a time, in their order. */
async function inParts<T, R>(
  list: readonly T[],
  statement: (part: readonly T[]) => Promise<R[]>,
): Promise<R[]> {
  const parts = Array.from({ length: Math.ceil(list.length / chatsAtOnce) }, (_, n) =>
    statement(list.slice(n * chatsAtOnce, (n + 1) * chatsAtOnce)),
  );
  return (await Promise.all(parts)).flat();
}

class ChatsSearch {
  /** Newest first, at most a page. */
  found: MessageRow[] = [];
  readonly #sql: Sql;
  readonly #limit: number;
  readonly #before: string;
  /** From here on every message of a chat is at or after `before`. */
  readonly #start: string;
  readonly #query: string;
  readonly #matching: [string[], string];
  #blocksLeft = blocksRead;

  constructor(sql: Sql, { terms, before, limit, now }: Input) {
    this.#sql = sql;
    this.#limit = limit;
    this.#before = before ?? lastId;
    this.#start = before === null ? this.#before : idOf(timeOf(before) + slackMs);
    this.#query = blockQueryOf(terms);
    this.#matching = [patternsOf(terms), now];
  }

  /** Whether a message of that time, in milliseconds, could be on the page. */
  mayHave(time: number): boolean {
    const last = this.found[this.#limit - 1];
    return !last || time + slackMs >= timeOf(last.message_id);
  }

  #add(rows: MessageRow[]): void {
    if (rows.length === 0) return;
    const all = [...this.found, ...rows].sort((a, b) => (a.message_id < b.message_id ? 1 : -1));
    this.found = all.slice(0, this.#limit);
  }

  async read(wave: readonly SearchedWindow[]): Promise<void> {
    let open = await inParts(wave, (part) => this.#readNewest(part));
    while (this.#blocksLeft > 0) {
      open = open.filter(({ lastId }) => lastId !== null && this.mayHave(timeOf(lastId)));
      if (open.length === 0) return;
      const candidates = await inParts(open, (part) => this.#findBlocks(part));
      await this.#readBlocks(candidates);
      // Of a chat with as many as are looked up at once there may be more.
      const own = Map.groupBy(candidates, ({ window }) => window);
      open = [...own.values()].flatMap((list) => list.slice(blocksPerChat - 1));
    }
  }

  async #readNewest(wave: readonly SearchedWindow[]): Promise<OpenChat[]> {
    const rows = await this.#sql.rows<
      { ord: number; low: number; last_id: string | null } & ({ message_id: null } | MessageRow)
    >('search-newest', newestSql, [
      ...this.#matching,
      wave.map(({ chatId }) => chatId),
      wave.map(({ after }) => after),
      wave.map(({ upTo }) => upTo ?? noEnd),
      this.#before,
      this.#start,
    ]);
    this.#add(rows.filter((row) => row.message_id !== null));
    const open = new Map<number, OpenChat>();
    for (const { ord, low, last_id } of rows) {
      const window = wave[ord - 1];
      if (!window || open.has(ord)) continue;
      const block = Math.min(low, Math.ceil((window.upTo ?? noEnd) / blockSize));
      if (block * blockSize > window.after) open.set(ord, { window, block, lastId: last_id });
    }
    return [...open.values()];
  }

  /** Of each chat the next blocks that may hold something; a chat's are in their order, the newest first. */
  async #findBlocks(open: readonly OpenChat[]): Promise<Candidate[]> {
    const rows = await this.#sql.rows<{ ord: number; block: number; last_id: string }>(
      'search-blocks',
      blocksSql,
      [
        open.map(({ window }) => window.chatId),
        open.map(({ window }) => Math.floor(window.after / blockSize)),
        this.#query,
        open.map(({ block }) => block - 1),
        // What is older than the last message of a full page is of no use.
        this.found[this.#limit - 1]?.message_id ?? firstId,
      ],
    );
    return rows.flatMap(({ ord, block, last_id }) => {
      const window = open[ord - 1]?.window;
      return window ? [{ window, block, lastId: last_id }] : [];
    });
  }

  async #readBlocks(candidates: readonly Candidate[]): Promise<void> {
    const sorted = candidates.toSorted((a, b) => (a.lastId < b.lastId ? 1 : -1));
    for (let from = 0, size = blocksFirst; from < sorted.length && this.#blocksLeft > 0; ) {
      const some = sorted.slice(from, from + Math.min(size, this.#blocksLeft));
      from += size;
      size = Math.min(size * 2, blocksAtOnce);
      const last = this.found[this.#limit - 1]?.message_id;
      if (last !== undefined && (some[0]?.lastId ?? '') < last) return;
      this.#blocksLeft -= some.length;
      const rows = await this.#sql.rows<MessageRow>('search-messages', messagesSql, [
        ...this.#matching,
        some.map(({ window }) => window.chatId),
        some.map(({ window, block }) => Math.max(window.after, block * blockSize)),
        some.map(({ window, block }) => Math.min(window.upTo ?? noEnd, (block + 1) * blockSize)),
        this.#before,
      ]);
      this.#add(rows);
    }
  }
}
