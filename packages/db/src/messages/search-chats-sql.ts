/** The statements of a search over chats. */
import { blockSize } from './indexer.ts';
import { columnsOfM } from './rows.ts';
import { blocksOf, buckets, matches } from './search.ts';

/** Blocks of a chat that are looked up at once. */
export const blocksPerChat = 32;
/** The ends of all ids. */
export const firstId = '00000000-0000-0000-0000-000000000000';
export const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * Of each chat the messages behind `below`, the last block in which everything is older than $7; up to the end of the next block, or to the
 * end of the chat where there is none yet.
 */
export const newestSql = `
  SELECT w.ord, y.low, y.last_id, m.*
  FROM unnest($3::uuid[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS w(chat_id, lo, hi, ord)
  LEFT JOIN LATERAL (
    SELECT b.block, b.last_id FROM message_blocks b WHERE b.chat_id = w.chat_id AND b.last_id < $7
    ORDER BY b.last_id DESC LIMIT 1
  ) below ON true
  CROSS JOIN LATERAL (SELECT coalesce(below.block + 1, 0) AS low, below.last_id OFFSET 0) y
  CROSS JOIN LATERAL (
    SELECT CASE WHEN $7 < '${lastId}' AND (
      SELECT true FROM message_blocks b
      WHERE b.chat_id = w.chat_id AND b.block >= y.low AND b.block <= y.low ORDER BY b.block LIMIT 1
    ) THEN least(w.hi, (y.low + 1) * ${blockSize}) ELSE w.hi END AS top OFFSET 0
  ) z
  LEFT JOIN LATERAL (
    SELECT ${columnsOfM} FROM messages m
    WHERE m.chat_id = w.chat_id AND m.seq > greatest(w.lo, y.low * ${blockSize}) AND m.seq <= z.top AND m.message_id < $6
      AND ${matches}
    ORDER BY m.seq DESC
  ) m ON true`;

export const blocksSql = `
  SELECT w.ord, b.block, b.last_id
  FROM unnest($1::uuid[], $2::bigint[], $4::bigint[]) WITH ORDINALITY AS w(chat_id, low, high, ord)
  CROSS JOIN LATERAL (
    SELECT found.block, found.last_id FROM ${buckets('w.low', 'w.high')}
    CROSS JOIN LATERAL (
      ${blocksOf('w.chat_id')} AND found.block BETWEEN w.low AND w.high AND found.last_id > $5 ORDER BY found.block DESC
    ) found LIMIT ${blocksPerChat}
  ) b`;

export const messagesSql = `
  SELECT ${columnsOfM}
  FROM unnest($3::uuid[], $4::bigint[], $5::bigint[]) AS w(chat_id, lo, hi)
  CROSS JOIN LATERAL (
    SELECT * FROM messages m
    WHERE m.chat_id = w.chat_id AND m.seq > w.lo AND m.seq <= w.hi AND m.message_id < $6 AND ${matches}
    ORDER BY m.seq
  ) m`;
