/** Raising the versions of many users in a few statements: a group has up to 256 members. */
import type { UserChangeKind } from '@parley/core';
import type { Transaction } from '../sql.ts';

/**
 * Raises `user_version` of each of these users and notes why; answers the new versions. Undefined, with nothing raised, where one of them
 * does not exist. The rows are locked in the order of their ids, so that two changes with the same users cannot wait for each other
 * in a circle; chats and participants must be locked before.
 */
export async function raiseUsers(
  tx: Transaction,
  userIds: readonly string[],
  kind: UserChangeKind,
  ref: string,
): Promise<Record<string, number> | undefined> {
  const ids = [...new Set(userIds)];
  const locked = await tx.rows(
    'lock-users',
    'SELECT 1 FROM users WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE',
    [ids],
  );
  if (locked.length < ids.length) return undefined;
  // A statement of its own: it sees what others committed while the one above waited for their locks.
  const raised = await tx.rows<{ id: string; version: number }>(
    'raise-users',
    `WITH raised AS (
       UPDATE users SET user_version = user_version + 1 WHERE id = ANY($1::uuid[]) RETURNING id, user_version
     ), noted AS (
       INSERT INTO user_changes (user_id, version, kind, ref) SELECT id, user_version, $2, $3 FROM raised
     )
     SELECT id, user_version AS version FROM raised`,
    [ids, kind, ref],
  );
  return Object.fromEntries(raised.map((row) => [row.id, row.version]));
}
