/** What changes of users' own things have in common: the user's version rises, and its devices are told, in the same commit. */
import type { OutboxDraft, Tell, Told, UserChangeKind } from '@parley/core';
import type { Transaction } from './sql.ts';

/**
 * Raises the user's version and notes why. The row stays locked until the commit, so versions become visible in their order. Who raises
 * those of several users in one transaction goes by the order of their ids. Undefined where there is no such user.
 */
export async function raiseUser(
  tx: Transaction,
  userId: string,
  kind: UserChangeKind,
  ref: string | null,
): Promise<number | undefined> {
  const rows = await tx.rows<{ version: number }>(
    'raise-user',
    `WITH raised AS (
       UPDATE users SET user_version = user_version + 1 WHERE id = $1 RETURNING user_version
     ), noted AS (
       INSERT INTO user_changes (user_id, version, kind, ref) SELECT $1, user_version, $2, $3 FROM raised
     )
     SELECT user_version AS version FROM raised`,
    [userId, kind, ref],
  );
  return rows[0]?.version;
}

/** Writes an outbox row; answers its id. */
export async function writeOutbox(tx: Transaction, draft: OutboxDraft): Promise<string> {
  const rows = await tx.rows<{ id: number }>(
    'write-outbox',
    'INSERT INTO outbox (subject, payload) VALUES ($1, $2) RETURNING id',
    [draft.subject, JSON.stringify(draft.payload)],
  );
  return String(rows[0]?.id);
}

/** Writes several rows, in their order; answers their ids. */
export async function writeOutboxes(tx: Transaction, drafts: readonly OutboxDraft[]): Promise<string[]> {
  const ids: string[] = [];
  for (const draft of drafts) ids.push(await writeOutbox(tx, draft));
  return ids;
}

/** Writes what `tell` makes of a version; answers what to publish. */
export async function writeTold(tx: Transaction, tell: Tell, userVersion: number): Promise<Told> {
  const events = tell(userVersion);
  return { outboxId: await writeOutbox(tx, { subject: 'events', payload: { events } }), events };
}
