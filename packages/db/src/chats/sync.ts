/** Memberships and participants as sync asks for them: each a look-up by index, for many chats in one statement. */
import type { ChatStore, Standing, SyncMember, SyncMembership } from '@parley/core';
import type { Sql } from '../sql.ts';
import { memberJson } from './records.ts';

/** Numbers of a former member's chat; 0 where it left before they were kept. */
const leftNumber = (row: string, name: string) => `COALESCE((${row}.left_view ->> '${name}')::bigint, 0)`;

/**
 * The smallest `state_version` of a join or leave in a chat whose edge is not known yet, by `chat_participants_unsettled_idx`. A position
 * that moved since has raised the row's own number, so that of the change itself counts, where it was kept.
 */
const unsettledIn = (chat: string) => `(
  SELECT min(LEAST(u.state_version,
    CASE WHEN u.is_join_settled THEN NULL ELSE NULLIF(u.joined_version, 0) END,
    CASE WHEN u.is_leave_settled THEN NULL ELSE NULLIF(${leftNumber('u', 'state_version')}, 0) END))
  FROM chat_participants u
  WHERE u.chat_id = ${chat} AND NOT (u.is_join_settled AND u.is_leave_settled))`;

const selectStandings = `
  SELECT k.chat_id,
         CASE WHEN p.user_id IS NULL THEN 'stranger'
              WHEN p.left_seq IS NULL THEN 'moved'
              WHEN ${leftNumber('p', 'left_version')} <= k.version
                AND ${leftNumber('p', 'state_version')} - (NOT p.is_leave_settled)::int = k.state_version THEN 'done'
              ELSE 'former' END AS standing
  FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS k(chat_id, version, state_version)
  LEFT JOIN LATERAL (
    SELECT user_id, left_seq, left_view, is_leave_settled FROM chat_participants
    WHERE chat_id = k.chat_id AND user_id = $1 OFFSET 0
  ) p ON true
  LEFT JOIN LATERAL (SELECT state_version FROM chats WHERE id = k.chat_id OFFSET 0) c ON true
  WHERE p.user_id IS NULL OR p.left_seq IS NOT NULL OR c.state_version < k.state_version
    OR (c.state_version > k.state_version AND coalesce(${unsettledIn('k.chat_id')} - 1 > k.state_version, true))`;

export async function standings(
  sql: Sql,
  ...[userId, known]: Parameters<ChatStore['standings']>
): ReturnType<ChatStore['standings']> {
  if (known.length === 0) return new Map();
  const rows = await sql.rows<{ chat_id: string; standing: Standing }>('standings', selectStandings, [
    userId,
    known.map(({ chatId }) => chatId),
    known.map(({ version }) => version),
    known.map(({ stateVersion }) => stateVersion),
  ]);
  return new Map(rows.map(({ chat_id, standing }) => [chat_id, standing]));
}

/** A change whose edge is not known yet, and what came after it, is not told before. */
const selectMemberships = `
  SELECT p.chat_id, CASE WHEN p.is_join_settled THEN p.joined_seq END AS joined_seq, p.left_seq, p.joined_version,
         n.state_version, LEAST(n.state_version, n.unsettled - 1) AS settled_version,
         CASE WHEN p.left_seq IS NOT NULL THEN ${leftNumber('p', 'left_version')} END AS left_version
  FROM unnest($2::uuid[]) AS i(chat_id)
  CROSS JOIN LATERAL (
    SELECT * FROM chat_participants WHERE chat_id = i.chat_id AND user_id = $1 OFFSET 0
  ) p
  CROSS JOIN LATERAL (SELECT state_version FROM chats WHERE id = i.chat_id OFFSET 0) c
  CROSS JOIN LATERAL (
    SELECT CASE WHEN p.left_seq IS NULL THEN c.state_version ELSE ${leftNumber('p', 'state_version')} END AS state_version,
           CASE WHEN p.left_seq IS NULL THEN ${unsettledIn('i.chat_id')}
                WHEN NOT p.is_leave_settled THEN ${leftNumber('p', 'state_version')} END AS unsettled
  ) n`;

export async function syncMemberships(
  sql: Sql,
  userId: string,
  chatIds: readonly string[],
): Promise<Map<string, SyncMembership>> {
  if (chatIds.length === 0) return new Map();
  const rows = await sql.rows<SyncMembership>('sync-memberships', selectMemberships, [userId, chatIds]);
  return new Map(rows.map((row) => [row.chat_id, row]));
}

/** No index is in the order of `state_version`: every move of a position would have to write it. */
const selectParticipants = `
  SELECT i.chat_id, p.state_version, p.member
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
    AS i(chat_id, state_version, joined_seq, joined_version, ord)
  CROSS JOIN LATERAL (
    SELECT p.state_version, ${memberJson('p')} AS member FROM chat_participants p
    WHERE p.chat_id = i.chat_id AND p.state_version > i.state_version AND p.is_join_settled AND p.is_leave_settled
      AND (p.left_seq IS NULL OR GREATEST(p.joined_seq, i.joined_seq) < p.left_seq
        OR ${leftNumber('p', 'state_version')} > i.joined_version)
    ORDER BY p.state_version, p.user_id LIMIT $5
  ) p
  ORDER BY i.ord, p.state_version LIMIT $5`;

export async function participantsSince(
  sql: Sql,
  ...[asks, limit]: Parameters<ChatStore['participantsSince']>
): ReturnType<ChatStore['participantsSince']> {
  if (asks.length === 0) return [];
  const rows = await sql.rows<Pick<SyncMember, 'chat_id' | 'state_version'> & { member: SyncMember }>(
    'participants-since',
    selectParticipants,
    [
      asks.map(({ chatId }) => chatId),
      asks.map(({ stateVersion }) => stateVersion),
      asks.map(({ joinedSeq }) => joinedSeq),
      asks.map(({ joinedVersion }) => joinedVersion),
      limit,
    ],
  );
  return rows.map(({ member, chat_id, state_version }) => ({ ...member, chat_id, state_version }));
}
