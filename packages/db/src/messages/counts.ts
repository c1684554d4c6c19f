/** What chat lists are made of: unread counts, newest messages, activity. */
import type { MessageStore, StoredMessage } from '@parley/core';
import type { Sql } from '../sql.ts';
import { blockSize } from './indexer.ts';
import { columnsOfM, type MessageRow, noEnd, toStored } from './rows.ts';

type UnreadAsks = Parameters<MessageStore['unread']>[0];
type NewestAsks = Parameters<MessageStore['newest']>[0];

/**
 * The tally of the user at the end of the last of so many blocks. Looked for nearby first: from an end that is open PostgreSQL reads a whole
 * page of the index.
 */
function tallyOfUser(blocks: string): string {
  const last = (near: string) => `(
      SELECT s.tally FROM message_sender_tallies s
      WHERE s.chat_id = a.chat_id AND s.sender_id = a.user_id AND s.block < ${blocks} ${near} ORDER BY s.block DESC LIMIT 1
    )`;
  return `coalesce(${last(`AND s.block >= ${blocks} - 4`)}, ${last('')}, 0)`;
}

/** How many of the user's there are between two places that are near each other. */
const messagesOfUser = (from: string, to: string): string => `(
      SELECT count(*) FROM (
        SELECT m.sender_id, m.type FROM messages m
        WHERE m.chat_id = a.chat_id AND m.seq > ${from} AND m.seq <= ${to} ORDER BY m.seq
      ) m WHERE m.sender_id = a.user_id AND m.type <> 'system'
    )`;

const asksOfUnread =
  'unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS a(chat_id, user_id, lo, hi, ord)';

/**
 * Of the messages in a window, the difference of the tallies at its ends; less the same of those of the user, which is known at the end of
 * each block and counted behind it; less what was deleted or is over its time, and what is excepted, which are looked up one by one. `h.top`
 * is the last message in the window; numbers have no holes, so the ends are found by their own.
 *
 * Where one row is looked up, LIMIT keeps it a look-up: a plain join may be planned over the whole table. ORDER BY, and a range where one
 * number would do, leave no other index to choose, also for a plan that was made while the table was empty.
 */
const unreadSql = `
  SELECT a.ord, top.tally - base.tally - mine.tally - emptied.count - over.count AS count
  FROM ${asksOfUnread}
  CROSS JOIN LATERAL (
    SELECT least(h.last_seq, a.hi) AS top FROM message_heads h WHERE h.chat_id = a.chat_id LIMIT 1
  ) h
  CROSS JOIN LATERAL (
    SELECT m.tally FROM messages m
    WHERE m.chat_id = a.chat_id AND m.seq > h.top - 1 AND m.seq <= h.top ORDER BY m.seq LIMIT 1
  ) top
  CROSS JOIN LATERAL (
    SELECT coalesce((
      SELECT m.tally FROM messages m
      WHERE m.chat_id = a.chat_id AND m.seq > a.lo - 1 AND m.seq <= a.lo ORDER BY m.seq LIMIT 1
    ), 0) AS tally
  ) base
  CROSS JOIN LATERAL (
    SELECT coalesce((
      SELECT b.block + 1 FROM message_blocks b WHERE b.chat_id = a.chat_id ORDER BY b.block DESC LIMIT 1
    ), 0) AS blocks OFFSET 0
  ) i
  CROSS JOIN LATERAL (
    SELECT least(a.lo / ${blockSize}, i.blocks) AS lo, least(h.top / ${blockSize}, i.blocks) AS top OFFSET 0
  ) n
  CROSS JOIN LATERAL (
    SELECT CASE WHEN n.lo = n.top OR h.top - a.lo <= ${2 * blockSize} THEN ${messagesOfUser('a.lo', 'h.top')}
      ELSE ${tallyOfUser('n.top')} + ${messagesOfUser(`n.top * ${blockSize}`, 'h.top')}
         - ${tallyOfUser('n.lo')} - ${messagesOfUser(`n.lo * ${blockSize}`, 'a.lo')}
      END AS tally
  ) mine
  CROSS JOIN LATERAL (
    SELECT count(*) AS count FROM messages m
    WHERE m.chat_id = a.chat_id AND m.seq > a.lo AND m.seq <= h.top AND m.is_deleted AND m.sender_id <> a.user_id
      AND m.type <> 'system'
  ) emptied
  CROSS JOIN LATERAL (
    SELECT count(*) AS count FROM (
      SELECT * FROM messages m
      WHERE m.chat_id = a.chat_id AND m.expires_at <= $5 AND m.expires_at IS NOT NULL AND NOT m.is_deleted
      ORDER BY m.expires_at OFFSET 0
    ) m
    WHERE m.seq > a.lo AND m.seq <= h.top AND m.sender_id <> a.user_id AND m.type <> 'system'
  ) over
  WHERE h.top > a.lo
  UNION ALL
  SELECT a.ord, -1
  FROM unnest($6::bigint[], $7::uuid[]) AS e(ord, message_id)
  JOIN ${asksOfUnread} ON a.ord = e.ord
  CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.message_id = e.message_id LIMIT 1) m
  WHERE m.chat_id = a.chat_id AND m.seq > a.lo AND m.seq <= a.hi AND NOT m.is_deleted AND m.sender_id <> a.user_id
    AND m.type <> 'system' AND (m.expires_at IS NULL OR m.expires_at > $5)`;

/** As `MessageStore.unread` says, in one statement: all of it is as of one moment. */
export async function countUnread(sql: Sql, asks: UnreadAsks, now: string): Promise<number[]> {
  if (asks.length === 0) return [];
  const excepted = asks.flatMap((ask, index) =>
    [...new Set(ask.except)].map((id) => [index + 1, id] as const),
  );
  const rows = await sql.rows<{ ord: number; count: number }>('unread', unreadSql, [
    asks.map((ask) => ask.chatId),
    asks.map((ask) => ask.userId),
    asks.map((ask) => ask.after),
    asks.map((ask) => ask.upTo ?? noEnd),
    now,
    excepted.map(([ord]) => ord),
    excepted.map(([, id]) => id),
  ]);
  const counts = asks.map(() => 0);
  for (const { ord, count } of rows) counts[ord - 1] = (counts[ord - 1] ?? 0) + count;
  return counts;
}

/** A message that shows; `x` has the ids that do not. */
const shows = `NOT m.is_deleted AND (m.expires_at IS NULL OR m.expires_at > $5) AND m.message_id <> ALL(x.ids)`;

/**
 * The newest few are looked at one by one, and behind them only blocks with something left: a chat may have emptied a hundred thousand
 * messages. `low` is where the blocks begin that are looked at.
 */
const newestSql = `
  SELECT a.ord, m.*
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[]) WITH ORDINALITY AS a(chat_id, lo, hi, hidden, ord)
  CROSS JOIN LATERAL (SELECT a.hidden::uuid[] AS ids) x
  CROSS JOIN LATERAL (
    SELECT least(
      (least(h.last_seq, a.hi) - ${blockSize}) / ${blockSize},
      coalesce((SELECT b.block + 1 FROM message_blocks b WHERE b.chat_id = a.chat_id ORDER BY b.block DESC LIMIT 1), 0)
    ) AS low
    FROM message_heads h WHERE h.chat_id = a.chat_id LIMIT 1
  ) y
  CROSS JOIN LATERAL (
    (SELECT ${columnsOfM} FROM messages m
     WHERE m.chat_id = a.chat_id AND m.seq > greatest(a.lo, y.low * ${blockSize}) AND m.seq <= a.hi AND ${shows}
     ORDER BY m.seq DESC LIMIT 1)
    UNION ALL
    (SELECT m.* FROM message_blocks b
     CROSS JOIN LATERAL (
       SELECT ${columnsOfM} FROM messages m
       WHERE m.chat_id = a.chat_id AND m.seq > greatest(a.lo, b.block * ${blockSize})
         AND m.seq <= least(a.hi, b.block * ${blockSize} + ${blockSize}) AND ${shows}
       ORDER BY m.seq DESC LIMIT 1
     ) m
     WHERE b.chat_id = a.chat_id AND b.is_live AND b.block < y.low AND b.block >= a.lo / ${blockSize}
     ORDER BY b.block DESC LIMIT 1)
    LIMIT 1
  ) m`;

/** As `MessageStore.newest` says. */
export async function findNewest(
  sql: Sql,
  asks: NewestAsks,
  now: string,
): Promise<(StoredMessage | undefined)[]> {
  if (asks.length === 0) return [];
  const rows = await sql.rows<MessageRow & { ord: number }>('newest', newestSql, [
    asks.map((ask) => ask.chatId),
    asks.map((ask) => ask.after),
    asks.map((ask) => ask.upTo ?? noEnd),
    asks.map((ask) => `{${ask.except.join()}}`),
    now,
  ]);
  const newest = asks.map((): StoredMessage | undefined => undefined);
  for (const row of rows) newest[row.ord - 1] = toStored(row);
  return newest;
}

/**
 * The last block that is older than the time, and what was sent by then in the next one, or behind all blocks. Times rise with the numbers,
 * but for what clocks differ.
 */
const activitySql = `
  SELECT h.chat_id, x.at FROM message_heads h
  CROSS JOIN LATERAL (
    SELECT CASE WHEN h.last_at <= $2 THEN h.last_at ELSE (
      SELECT coalesce((
        SELECT m.created_at FROM messages m
        WHERE m.chat_id = h.chat_id AND m.seq > y.low * ${blockSize} AND m.seq <= y.top AND m.created_at <= $2
        ORDER BY m.seq DESC LIMIT 1
      ), y.last_at)
      FROM (
        SELECT coalesce(b.block + 1, 0) AS low, b.last_at, CASE WHEN (
          SELECT true FROM message_blocks n
          WHERE n.chat_id = h.chat_id AND n.block > coalesce(b.block, -1) ORDER BY n.block LIMIT 1
        ) THEN (coalesce(b.block, -1) + 2) * ${blockSize} ELSE h.last_seq END AS top
        FROM (SELECT) one
        LEFT JOIN LATERAL (
          SELECT b.block, b.last_at FROM message_blocks b WHERE b.chat_id = h.chat_id AND b.last_at <= $2
          ORDER BY b.last_at DESC, b.block DESC LIMIT 1
        ) b ON true
        OFFSET 0
      ) y
    ) END AS at
  ) x
  WHERE h.chat_id = ANY($1::uuid[]) AND x.at IS NOT NULL`;

/** As `MessageStore.activity` says. */
export async function findActivity(
  sql: Sql,
  chatIds: readonly string[],
  asOf: string | undefined,
): Promise<Map<string, string>> {
  const rows = await sql.rows<{ chat_id: string; at: Date }>('activity', activitySql, [
    chatIds,
    asOf ?? 'infinity',
  ]);
  return new Map(rows.map(({ chat_id, at }) => [chat_id, at.toISOString()]));
}
