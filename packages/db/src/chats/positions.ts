/** Positions of members: moving them, and when they passed a message. */
import type { PositionMove, PositionResult, Receipt } from '@parley/core';
import type { Sql } from '../sql.ts';

interface AdvanceRow {
  ord: number;
  delivered_from: number;
  delivered_to: number;
  read_from: number;
  read_to: number;
  new_state_version: number | null;
  moved_at: Date;
  outbox_id: number | null;
}

/** Moves positions, and forgets the outbox rows that were published meanwhile. */
export async function advance(
  sql: Sql,
  moves: readonly PositionMove[],
  published: readonly string[],
): Promise<PositionResult[]> {
  const rows = await sql.rows<AdvanceRow>('advance', 'SELECT * FROM parley_advance($1, $2, $3, $4, $5, $6)', [
    moves.map((move) => move.chatId),
    moves.map((move) => move.userId),
    moves.map((move) => move.delivered),
    moves.map((move) => move.read),
    moves.map((move) => JSON.stringify(move.context)),
    published,
  ]);
  const byOrder = new Map(rows.map((row) => [row.ord, row]));
  return moves.map((_, index) => toResult(byOrder.get(index + 1)));
}

function toResult(row: AdvanceRow | undefined): PositionResult {
  // Nobody's position moves in a chat that the user is not in.
  if (!row) return { delivered: 0, read: 0, moved: null };
  const span = (from: number, to: number) => (to > from ? { from, to } : null);
  return {
    delivered: row.delivered_to,
    read: row.read_to,
    moved:
      row.new_state_version === null
        ? null
        : {
            delivered: span(row.delivered_from, row.delivered_to),
            read: span(row.read_from, row.read_to),
            stateVersion: row.new_state_version,
            at: row.moved_at.toISOString(),
            outboxId: String(row.outbox_id),
          },
  };
}

/** A position passed a message with the first move to it or beyond. */
const firstMark = (kind: string) => `(
  SELECT m.reached_at FROM position_marks m
  WHERE m.chat_id = $1 AND m.user_id = i.user_id AND m.kind = '${kind}' AND m.seq >= $2
  ORDER BY m.seq LIMIT 1)`;

/** Two look-ups in the marks' primary key per user. */
const selectReceipts = `
  SELECT i.user_id, ${firstMark('delivered')} AS delivered_at, ${firstMark('read')} AS read_at
  FROM unnest($3::uuid[]) AS i(user_id)`;

export async function receipts(
  sql: Sql,
  chatId: string,
  seq: number,
  userIds: readonly string[],
): Promise<Receipt[]> {
  const rows = await sql.rows<{ user_id: string; delivered_at: Date | null; read_at: Date | null }>(
    'receipts',
    selectReceipts,
    [chatId, seq, userIds],
  );
  return rows.map((row) => ({
    user_id: row.user_id,
    delivered_at: row.delivered_at?.toISOString() ?? null,
    read_at: row.read_at?.toISOString() ?? null,
  }));
}
