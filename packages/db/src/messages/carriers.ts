/** Which messages carry a file: by `messages_media_idx`, which has only those that do. A deletion empties the payload, and so ends it. */
import type { MessageStore } from '@parley/core';
import type { Sql } from '../sql.ts';
import { noEnd } from './rows.ts';

type Carrier = Awaited<ReturnType<MessageStore['carriers']>>[number];
type Windows = Parameters<MessageStore['carriedIn']>[1];

/** As the index has it. */
const file = `(m.payload ->> 'media_id') COLLATE "C"`;
/** PostgreSQL takes the index only where this is said. */
const hasFile = `(m.payload ->> 'media_id') IS NOT NULL`;

export function findCarriers(sql: Sql, mediaId: string, limit: number): Promise<Carrier[]> {
  return sql.rows<Carrier>(
    'carriers',
    `SELECT m.message_id, m.chat_id, m.seq FROM messages m WHERE ${hasFile} AND ${file} = $1 LIMIT $2`,
    [mediaId, limit],
  );
}

/** One look-up for each file, however many messages carry it. */
const carriedSql = `
  SELECT f.media_id FROM unnest($1::text[]) AS f(media_id)
  CROSS JOIN LATERAL (SELECT FROM messages m WHERE ${hasFile} AND ${file} = f.media_id LIMIT 1) m`;

export async function findCarried(sql: Sql, mediaIds: readonly string[]): Promise<Set<string>> {
  if (mediaIds.length === 0) return new Set();
  const rows = await sql.rows<{ media_id: string }>('carried', carriedSql, [mediaIds]);
  return new Set(rows.map(({ media_id }) => media_id));
}

/**
 * One look-up for each window, until one has it. Rows are compared, because no other index begins with the file: by `chat_id = …` and `seq > …`
 * the planner could take that of places in chats, and read whole chats.
 */
const carriedInSql = `
  SELECT FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS w(chat_id, lo, hi)
  CROSS JOIN LATERAL (
    SELECT FROM messages m
    WHERE ${hasFile} AND (${file}, m.chat_id, m.seq) > ($1::text, w.chat_id, w.lo)
      AND (${file}, m.chat_id, m.seq) <= ($1::text, w.chat_id, w.hi)
      AND NOT m.is_deleted AND (m.expires_at IS NULL OR m.expires_at > $5)
    LIMIT 1
  ) m
  LIMIT 1`;

export async function isCarriedIn(
  sql: Sql,
  mediaId: string,
  windows: Windows,
  now: string,
): Promise<boolean> {
  if (windows.length === 0) return false;
  const rows = await sql.rows('carried-in', carriedInSql, [
    mediaId,
    windows.map(({ chatId }) => chatId),
    windows.map(({ after }) => after),
    windows.map(({ upTo }) => upTo ?? noEnd),
    now,
  ]);
  return rows.length > 0;
}
