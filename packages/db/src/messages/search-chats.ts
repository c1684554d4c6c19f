/**
 * Searching many chats, sorted by id. Chats are taken in waves, the latest active first, until the page is full and no chat behind can have
 * anything newer. Of each chat the messages without a block are read, and then blocks found through the index, the newest of all chats
 * first. So a search reads at most `blocksRead` blocks; what is behind these is not found.
 */
import type { MessageStore, StoredMessage } from '@parley/core';
import type { Sql } from '../sql.ts';
import { blockSize } from './indexer.ts';
import { columnsOfM, type MessageRow, noEnd, toStored } from './rows.ts';
import { blocksOf, blocksRead, buckets, matches } from './search.ts';
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

interface Candidate {
  window: SearchedWindow;
  block: number;
  lastId: string;
}

/** Chats of the first wave; each further one has four times as many. */
const firstWave = 32;
/** Blocks of a chat that are looked up at once. */
const blocksPerChat = 32;
/** Blocks whose messages are read at once. */
const blocksAtOnce = 64;
/** Ids rise with time and with `seq`, but for what clocks differ and messages wait: milliseconds. */
const slackMs = 10_000;

/** The least version 7 id of a time. */
function idOf(time: number): string {
  const hex = Math.max(time, 0).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** $3 is not used here, so that all three share their first parameters. */
const newestSql = `
  SELECT w.ord, y.low, below.last_id, m.*
  FROM unnest($4::uuid[], $5::bigint[], $6::bigint[]) WITH ORDINALITY AS w(chat_id, lo, hi, ord)
  LEFT JOIN LATERAL (
    SELECT b.block FROM message_blocks b WHERE b.chat_id = w.chat_id AND b.last_id >= $8 ORDER BY b.last_id LIMIT 1
  ) start ON true
  CROSS JOIN LATERAL (
    SELECT coalesce(start.block, (
      SELECT b.block + 1 FROM message_blocks b WHERE b.chat_id = w.chat_id ORDER BY b.block DESC LIMIT 1
    ), 0) AS low
  ) y
  LEFT JOIN LATERAL (
    SELECT b.last_id FROM message_blocks b WHERE b.chat_id = w.chat_id AND b.block = y.low - 1 LIMIT 1
  ) below ON true
  LEFT JOIN LATERAL (
    SELECT ${columnsOfM} FROM messages m
    WHERE m.chat_id = w.chat_id AND m.seq > greatest(w.lo, y.low * ${blockSize})
      AND m.seq <= least(w.hi, (start.block + 1) * ${blockSize}) AND m.message_id < $7 AND ${matches}
      AND $3::text IS NOT NULL
    ORDER BY m.seq DESC
  ) m ON true`;

const blocksSql = `
  SELECT w.ord, b.block, b.last_id
  FROM unnest($1::uuid[], $2::bigint[], $4::bigint[]) WITH ORDINALITY AS w(chat_id, low, high, ord)
  CROSS JOIN LATERAL (
    SELECT found.block, found.last_id FROM ${buckets('w.low', 'w.high')}
    CROSS JOIN LATERAL (
      ${blocksOf('w.chat_id')} AND found.block BETWEEN w.low AND w.high ORDER BY found.block DESC
    ) found LIMIT ${blocksPerChat}
  ) b`;

const messagesSql = `
  SELECT ${columnsOfM}
  FROM unnest($3::uuid[], $4::bigint[], $5::bigint[]) AS w(chat_id, lo, hi)
  CROSS JOIN LATERAL (
    SELECT * FROM messages m
    WHERE m.chat_id = w.chat_id AND m.seq > w.lo AND m.seq <= w.hi AND m.message_id < $6 AND ${matches}
  ) m`;

/** As `MessageStore.searchChats` says. */
export async function searchChats(sql: Sql, input: Input): Promise<StoredMessage[]> {
  const search = new ChatsSearch(sql, input);
  for (let from = 0, size = firstWave; from < input.windows.length; from += size, size *= 4) {
    const wave = input.windows.slice(from, from + size);
    if (!search.mayHave(Date.parse(wave[0]?.lastAt ?? ''))) break;
    await search.read(wave);
  }
  return search.found.map(toStored);
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
    this.#before = before ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff';
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
    let open = await this.#readNewest(wave);
    while (this.#blocksLeft > 0) {
      open = open.filter(({ lastId }) => lastId !== null && this.mayHave(timeOf(lastId)));
      if (open.length === 0) return;
      const candidates = await this.#findBlocks(open);
      await this.#readBlocks(candidates);
      open = open.flatMap((chat) => {
        const own = candidates.filter(({ window }) => window === chat.window);
        const last = own.at(-1);
        return last && own.length === blocksPerChat
          ? [{ ...chat, block: last.block, lastId: last.lastId }]
          : [];
      });
    }
  }

  async #readNewest(wave: readonly SearchedWindow[]): Promise<OpenChat[]> {
    const rows = await this.#sql.rows<
      { ord: number; low: number; last_id: string | null } & ({ message_id: null } | MessageRow)
    >('search-newest', newestSql, [
      ...this.#matching,
      this.#query,
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
      ],
    );
    return rows.flatMap(({ ord, block, last_id }) => {
      const window = open[ord - 1]?.window;
      return window ? [{ window, block, lastId: last_id }] : [];
    });
  }

  async #readBlocks(candidates: readonly Candidate[]): Promise<void> {
    const sorted = candidates.toSorted((a, b) => (a.lastId < b.lastId ? 1 : -1));
    for (let from = 0; from < sorted.length && this.#blocksLeft > 0; from += blocksAtOnce) {
      const some = sorted.slice(from, from + Math.min(blocksAtOnce, this.#blocksLeft));
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
