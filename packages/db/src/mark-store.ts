/** Stars, and messages deleted for oneself, on PostgreSQL: beside the user's version, whichever engine holds the messages. */
import type { MarkedMessage, MarkStore, Tell, Told, UserChangeKind } from '@parley/core';
import type { Sql } from './sql.ts';
import { raiseUser, writeTold } from './telling.ts';

/** Each changes a row only where that makes a difference, also when two calls meet: the later one looks again at what the first left. */
const statements = {
  star: `INSERT INTO message_marks AS m (user_id, message_id, chat_id, seq, starred_at) VALUES ($1, $2, $3, $4, clock_timestamp())
         ON CONFLICT (user_id, message_id) DO UPDATE SET starred_at = EXCLUDED.starred_at WHERE m.starred_at IS NULL
         RETURNING 1`,
  unstar: `UPDATE message_marks SET starred_at = NULL WHERE user_id = $1 AND message_id = $2 AND starred_at IS NOT NULL
           RETURNING 1`,
  hide: `INSERT INTO message_marks AS m (user_id, message_id, chat_id, seq, hidden) VALUES ($1, $2, $3, $4, true)
         ON CONFLICT (user_id, message_id) DO UPDATE SET hidden = true WHERE NOT m.hidden
         RETURNING 1`,
} as const;

/** Sorts before the first page's first message: the list is read downwards. */
const top = { starred_at: 'infinity', message_id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

export class PostgresMarkStore implements MarkStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  star(userId: string, message: MarkedMessage, starred: boolean, tell: Tell): Promise<Told | null> {
    return this.#mark(starred ? 'star' : 'unstar', 'star', userId, message, tell);
  }

  hide(userId: string, message: MarkedMessage, tell: Tell): Promise<Told | null> {
    return this.#mark('hide', 'hide', userId, message, tell);
  }

  #mark(
    how: keyof typeof statements,
    kind: UserChangeKind,
    userId: string,
    { message_id, chat_id, seq }: MarkedMessage,
    tell: Tell,
  ): Promise<Told | null> {
    const values = how === 'unstar' ? [userId, message_id] : [userId, message_id, chat_id, seq];
    return this.#sql.transaction(async (tx) => {
      const changed = await tx.rows(`mark-${how}`, statements[how], values);
      if (changed.length === 0) return null;
      const version = await raiseUser(tx, userId, kind, message_id);
      return version === undefined ? null : writeTold(tx, tell, version);
    });
  }

  async of(
    userId: string,
    messageIds: readonly string[],
  ): Promise<Map<string, { starred: boolean; hidden: boolean }>> {
    if (messageIds.length === 0) return new Map();
    const rows = await this.#sql.rows<{ message_id: string; starred: boolean; hidden: boolean }>(
      'marks-of',
      `SELECT m.message_id, m.starred_at IS NOT NULL AS starred, m.hidden
       FROM message_marks m
       WHERE m.user_id = $1 AND m.message_id = ANY($2::uuid[]) AND (m.starred_at IS NOT NULL OR m.hidden)`,
      [userId, messageIds],
    );
    return new Map(rows.map(({ message_id, ...marks }) => [message_id, marks]));
  }

  async hiddenIn(
    userId: string,
    windows: readonly { chatId: string; after: number; upTo: number | null }[],
  ): Promise<string[][]> {
    const hidden: string[][] = windows.map(() => []);
    if (windows.length === 0) return hidden;
    const rows = await this.#sql.rows<{ n: number; message_id: string }>(
      'marks-hidden',
      `SELECT w.n, m.message_id
       FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS w(chat_id, after, up_to, n)
       CROSS JOIN LATERAL (
         SELECT message_id FROM message_marks
         WHERE user_id = $1 AND chat_id = w.chat_id AND hidden AND seq > w.after
           AND seq <= COALESCE(w.up_to, 9223372036854775807)
         OFFSET 0
       ) m`,
      [
        userId,
        windows.map((window) => window.chatId),
        windows.map((window) => window.after),
        windows.map((window) => window.upTo),
      ],
    );
    for (const row of rows) hidden[row.n - 1]?.push(row.message_id);
    return hidden;
  }

  async starred(
    userId: string,
    before: { starred_at: string; message_id: string } | null,
    limit: number,
  ): Promise<(MarkedMessage & { starred_at: string })[]> {
    const { starred_at, message_id } = before ?? top;
    const rows = await this.#sql.rows<MarkedMessage & { starred_at: Date }>(
      'marks-starred',
      `SELECT message_id, chat_id, seq, starred_at FROM message_marks
       WHERE user_id = $1 AND starred_at IS NOT NULL AND NOT hidden
         AND (starred_at, message_id) < ($2::timestamptz, $3::uuid)
       ORDER BY starred_at DESC, message_id DESC LIMIT $4`,
      [userId, starred_at, message_id, limit],
    );
    return rows.map((row) => ({ ...row, starred_at: row.starred_at.toISOString() }));
  }
}
