/** What raised a user's `user_version`, for sync. */
import type { ChatStore, UserChangeRecord } from '@parley/core';
import type { Sql } from '../sql.ts';

/**
 * One statement, so one moment: the head, the numbers, and how what they are about stands. Each look-up is by a whole key. A user without
 * changes gives one row, whose version is null.
 */
const selectChanges = `
  SELECT u.user_version AS head, c.version, c.kind, c.ref,
         CASE WHEN c.kind IN ('chat', 'chat_own') THEN c.ref
              WHEN c.kind IN ('star', 'hide') THEN
                (SELECT m.chat_id FROM message_marks m WHERE m.user_id = $1 AND m.message_id = c.ref)
         END AS chat_id,
         COALESCE(CASE WHEN c.kind = 'star' THEN
                (SELECT m.starred_at IS NOT NULL FROM message_marks m WHERE m.user_id = $1 AND m.message_id = c.ref)
              WHEN c.kind = 'block' THEN
                (SELECT b.is_blocked FROM contacts b WHERE b.user_id = $1 AND b.contact_id = c.ref)
         END, false) AS is_set
  FROM (
    SELECT user_version, CASE WHEN user_version < $2 THEN 0 ELSE $2::bigint END AS after FROM users WHERE id = $1 OFFSET 0
  ) u
  LEFT JOIN LATERAL (
    SELECT version, kind, ref FROM user_changes
    WHERE user_id = $1 AND version > u.after AND version <= u.user_version ORDER BY version LIMIT $3
  ) c ON true
  ORDER BY c.version`;

type ChangeRow = { head: number } & (UserChangeRecord | { version: null });

export async function userChanges(
  sql: Sql,
  ...[userId, after, limit]: Parameters<ChatStore['userChanges']>
): ReturnType<ChatStore['userChanges']> {
  const rows = await sql.rows<ChangeRow>('sync-user-changes', selectChanges, [userId, after, limit]);
  const [first] = rows;
  if (!first) return undefined;
  return {
    head: first.head,
    changes: rows.flatMap(({ head: _, ...row }) => (row.version === null ? [] : [row as UserChangeRecord])),
  };
}
