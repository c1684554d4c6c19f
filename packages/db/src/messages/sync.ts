/** Messages as sync asks for them: heads that moved, messages by their version, stretches of several chats. Each in one statement. */
import type { MessageStore, StoredMessage } from '@parley/core';
import type { Sql } from '../sql.ts';
import { columnsOfM, type MessageRow, noEnd, toStored } from './rows.ts';

const selectHeads = `
  SELECT k.chat_id, COALESCE(h.last_seq, 0) AS seq, COALESCE(h.last_version, 0) AS version
  FROM unnest($1::uuid[], $2::bigint[], $3::boolean[]) WITH ORDINALITY AS k(chat_id, version, always, ord)
  LEFT JOIN LATERAL (SELECT last_seq, last_version FROM message_heads WHERE chat_id = k.chat_id OFFSET 0) h ON true
  WHERE k.always OR COALESCE(h.last_version, 0) <> k.version
  ORDER BY k.ord LIMIT $4`;

export async function newerHeads(
  sql: Sql,
  ...[known, limit]: Parameters<MessageStore['newerHeads']>
): ReturnType<MessageStore['newerHeads']> {
  if (known.length === 0) return new Map();
  const rows = await sql.rows<{ chat_id: string; seq: number; version: number }>('newer-heads', selectHeads, [
    known.map(({ chatId }) => chatId),
    known.map(({ version }) => version),
    known.map(({ always }) => always),
    limit,
  ]);
  return new Map(rows.map(({ chat_id, seq, version }) => [chat_id, { seq, version }]));
}

const selectChanged = `
  SELECT a.ord, m.*
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[]) WITH ORDINALITY
    AS a(chat_id, version, up_to_version, lo, hi, most, ord)
  CROSS JOIN LATERAL (
    SELECT ${columnsOfM} FROM messages m
    WHERE m.chat_id = a.chat_id AND m.version > a.version AND m.version <= a.up_to_version AND m.seq > a.lo AND m.seq <= a.hi
    ORDER BY m.version LIMIT a.most
  ) m
  ORDER BY a.ord, m.version`;

export async function changedSince(
  sql: Sql,
  asks: Parameters<MessageStore['changedSince']>[0],
): Promise<StoredMessage[][]> {
  const changed: StoredMessage[][] = asks.map(() => []);
  if (asks.length === 0) return changed;
  const rows = await sql.rows<MessageRow & { ord: number }>('changed-since', selectChanged, [
    asks.map(({ window }) => window.chatId),
    asks.map(({ version }) => version),
    asks.map(({ upToVersion }) => upToVersion),
    asks.map(({ window }) => window.after),
    asks.map(({ window }) => window.upTo ?? noEnd),
    asks.map(({ limit }) => limit),
  ]);
  for (const row of rows) changed[row.ord - 1]?.push(toStored(row));
  return changed;
}

/** ORDER BY and OFFSET keep it a look-up by (chat, seq), also for a plan that was made while the table was empty. */
const selectBetween = `
  SELECT m.*
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS a(chat_id, lo, hi)
  CROSS JOIN LATERAL (
    SELECT ${columnsOfM} FROM messages m
    WHERE m.chat_id = a.chat_id AND m.seq > a.lo AND m.seq <= a.hi ORDER BY m.seq OFFSET 0
  ) m`;

export async function between(
  sql: Sql,
  stretches: Parameters<MessageStore['between']>[0],
): Promise<StoredMessage[]> {
  if (stretches.length === 0) return [];
  const rows = await sql.rows<MessageRow>('between', selectBetween, [
    stretches.map(({ chatId }) => chatId),
    stretches.map(({ from }) => from),
    stretches.map(({ to }) => to),
  ]);
  return rows.map(toStored);
}
