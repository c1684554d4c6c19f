/**
 * Searching one chat, newest first. The newest messages are read one by one: a word that is in one of ten fills the page from them.
 * What is older is found through the index of blocks, a bucket at a time, until the page is full. So a search reads at most
 * `newestRead` messages, those without a block yet, and those of `blocksRead` blocks; what is behind these is not found.
 */
import type { MessageStore, StoredMessage } from '@parley/core';
import type { Sql } from '../sql.ts';
import { blockSize } from './indexer.ts';
import { columnsOfM, type MessageRow, noEnd, toStored } from './rows.ts';
import { blockQueryOf, keyMark, patternsOf } from './words.ts';

/** Messages read before the index is asked. */
const newestRead = 320;
/** Blocks that may hold something, of a search. Each has sixteen messages: together some 100 ms. */
export const blocksRead = 8192;
/** Blocks of a bucket, as in `parley_block_words`. */
const bucketSize = 1024;

/** What a message must be, besides in its place: $1 has the patterns of its words, $2 the time. */
export const matches =
  'm.words LIKE ALL($1::text[]) AND (m.expires_at IS NULL OR m.expires_at > $2) AND NOT m.is_deleted';

/**
 * Blocks of a chat in a bucket `g.bucket` that may hold something; $3 is the query. The inner query stands by itself (OFFSET), so that the
 * words are always looked up in their index.
 */
export const blocksOf = (chat: string): string => `
  SELECT found.block, found.last_id FROM (
    SELECT * FROM message_blocks b
    WHERE b.words @@ replace($3, '${keyMark}', parley_search_key(${chat}, g.bucket))::tsquery OFFSET 0
  ) found WHERE found.chat_id = ${chat}`;

/** The buckets of blocks, from the one with `high` down to the one with `low`. */
export const buckets = (low: string, high: string): string =>
  `generate_series((${high}) / ${bucketSize}, (${low}) / ${bucketSize}, -1) AS g(bucket)`;

const searchSql = `
  WITH bounds AS MATERIALIZED (
    SELECT least($6::bigint, h.last_seq) AS top,
      least(greatest(least($6::bigint, h.last_seq) - ${newestRead}, 0) / ${blockSize}, coalesce((
        SELECT b.block + 1 FROM message_blocks b WHERE b.chat_id = $4 ORDER BY b.block DESC LIMIT 1
      ), 0)) AS low
    FROM message_heads h WHERE h.chat_id = $4
  )
  (SELECT ${columnsOfM} FROM messages m
   WHERE m.chat_id = $4 AND m.seq <= (SELECT top FROM bounds)
     AND m.seq > greatest($5::bigint, (SELECT low * ${blockSize} FROM bounds)) AND ${matches}
   ORDER BY m.seq DESC LIMIT $7)
  UNION ALL
  (SELECT ${columnsOfM} FROM (
     SELECT found.block FROM bounds CROSS JOIN ${buckets(`$5::bigint / ${blockSize}`, 'bounds.low - 1')}
     CROSS JOIN LATERAL (
       ${blocksOf('$4::uuid')} AND found.block < bounds.low AND found.block >= $5::bigint / ${blockSize}
       ORDER BY found.block DESC
     ) found LIMIT ${blocksRead}
   ) b
   CROSS JOIN LATERAL (
     SELECT * FROM messages m
     WHERE m.chat_id = $4 AND m.seq > greatest($5::bigint, b.block * ${blockSize})
       AND m.seq <= least((SELECT top FROM bounds), b.block * ${blockSize} + ${blockSize}) AND ${matches}
     ORDER BY m.seq DESC
   ) m LIMIT $7)
  LIMIT $7`;

/** As `MessageStore.searchChat` says. */
export async function searchChat(
  sql: Sql,
  { window, terms, limit, now }: Parameters<MessageStore['searchChat']>[0],
): Promise<StoredMessage[]> {
  const rows = await sql.rows<MessageRow>('search-chat', searchSql, [
    patternsOf(terms),
    now,
    blockQueryOf(terms),
    window.chatId,
    window.after,
    window.upTo ?? noEnd,
    limit,
  ]);
  return rows.map(toStored);
}
