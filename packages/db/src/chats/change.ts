/**
 * Changing a chat in one commit: decided on its state under its row's lock, so that two changes at once see each other. Locks are taken in
 * the order that everybody keeps (chats, participants, users), so that nobody waits in a circle.
 */
import {
  AppError,
  type ChatChanged,
  type ChatDecision,
  type ChatRecord,
  type OutboxDraft,
} from '@parley/core';
import type { Sql, Transaction } from '../sql.ts';
import { writeOutboxes } from '../telling.ts';
import { type ChangePlan, type PlannedMember, planChange } from './plan.ts';
import { raiseUsers } from './raise-users.ts';
import { readChat } from './records.ts';

export function changeChat<T>(
  sql: Sql,
  chatId: string,
  headSeq: number,
  decide: (chat: ChatRecord) => ChatDecision<T>,
  tell: (changed: ChatChanged, result: T) => readonly OutboxDraft[],
): Promise<{ result: T; changed: ChatChanged | null; outboxIds: string[] }> {
  return sql.transaction(async (tx) => {
    if (!(await lockChat(tx, chatId))) throw new AppError('CHAT_NOT_FOUND');
    const before = await readChat(tx, chatId);
    const decision = decide(before);
    const plan = planChange(before, decision);
    const { result } = decision;
    if (plan.version === before.state_version) return { result, changed: null, outboxIds: [] };

    const changed = await apply(tx, before, { seq: headSeq, version: decision.version ?? 0 }, plan);
    return { result, changed, outboxIds: await writeOutboxes(tx, tell(changed, result)) };
  });
}

/** Keeps the chat's row until the commit; what is read of the chat after this stays true. False where there is no such chat. */
export async function lockChat(tx: Transaction, chatId: string): Promise<boolean> {
  // Not FOR UPDATE, which would wait for the key locks of foreign keys.
  const rows = await tx.rows('lock-chat', 'SELECT 1 FROM chats WHERE id = $1 FOR NO KEY UPDATE', [chatId]);
  return rows.length > 0;
}

async function apply(
  tx: Transaction,
  before: ChatRecord,
  head: { seq: number; version: number },
  plan: ChangePlan,
): Promise<ChatChanged> {
  const chatId = before.chat_id;
  const { name, description, avatar_url, is_admin_only, auto_delete_seconds } = {
    ...before,
    ...plan.settings,
  };
  await tx.rows(
    'raise-chat',
    `UPDATE chats SET state_version = $2, auto_delete_seconds = $3, updated_at = clock_timestamp() WHERE id = $1`,
    [chatId, plan.version, auto_delete_seconds],
  );
  if (plan.settingsVersion !== null && before.type === 'group') {
    await tx.rows(
      'set-group',
      `UPDATE groups SET name = $2, description = $3, avatar_url = $4, is_admin_only = $5, updated_at = clock_timestamp()
       WHERE chat_id = $1`,
      [chatId, name, description, avatar_url, is_admin_only],
    );
  }
  await writeMembers(tx, before, head, plan.rows);
  const moved = plan.rows.filter((row) => row.moved !== null).map((row) => row.userId);
  const userVersions = moved.length > 0 ? await raiseUsers(tx, moved, 'chat', chatId) : {};
  if (!userVersions) throw new Error('a user is gone whose membership was changed');
  return {
    chat: await readChat(tx, chatId),
    settings: plan.settings,
    settingsVersion: plan.settingsVersion,
    members: plan.members.map((change) => ({
      ...change,
      userVersion: change.kind === 'role' ? null : (userVersions[change.userId] ?? null),
    })),
  };
}

/**
 * Who was in the chat before gets the same row again: positions and own settings stay. A window never begins before the end of the
 * one before it, even where `headSeq` was read too early.
 */
const join = `
  INSERT INTO chat_participants AS p (chat_id, user_id, role, joined_at, joined_seq, is_join_settled, state_version, joined_version)
  SELECT $1, i.user_id, i.role, (SELECT clock_timestamp()), $2, false, i.version, i.version
  FROM unnest($3::uuid[], $4::text[], $5::bigint[]) AS i(user_id, role, version)
  ON CONFLICT (chat_id, user_id) DO UPDATE
  SET role = excluded.role, joined_at = excluded.joined_at, joined_seq = GREATEST(excluded.joined_seq, p.left_seq, p.joined_seq),
      is_join_settled = false, left_at = NULL, left_seq = NULL, left_view = NULL, is_leave_settled = true, state_version = excluded.state_version,
      joined_version = excluded.joined_version`;

const leave = `
  UPDATE chat_participants p
  SET left_at = (SELECT clock_timestamp()), left_seq = $2, is_leave_settled = false, role = i.role, state_version = i.version,
      left_view = $6::jsonb || jsonb_build_object('state_version', i.version)
  FROM unnest($3::uuid[], $4::text[], $5::bigint[]) AS i(user_id, role, version)
  WHERE p.chat_id = $1 AND p.user_id = i.user_id`;

const setRole = `
  UPDATE chat_participants p SET role = i.role, state_version = i.version
  FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS i(user_id, role, version)
  WHERE p.chat_id = $1 AND p.user_id = i.user_id`;

async function writeMembers(
  tx: Transaction,
  chat: ChatRecord,
  head: { seq: number; version: number },
  rows: readonly PlannedMember[],
): Promise<void> {
  const columns = (moved: PlannedMember['moved']) => {
    const chosen = rows.filter((row) => row.moved === moved);
    return [chosen.map((row) => row.userId), chosen.map((row) => row.role), chosen.map((row) => row.version)];
  };
  const [joins, leaves, roles] = [columns('join'), columns('leave'), columns(null)];
  const { chat_id, name, description, avatar_url, is_admin_only, auto_delete_seconds } = chat;
  if (joins[0]?.length) await tx.rows('join-chat', join, [chat_id, head.seq, ...joins]);
  if (leaves[0]?.length) {
    const settings = { name, description, avatar_url, is_admin_only, auto_delete_seconds };
    const view = JSON.stringify({ ...settings, left_version: head.version });
    await tx.rows('leave-chat', leave, [chat_id, head.seq, ...leaves, view]);
  }
  if (roles[0]?.length) await tx.rows('set-roles', setRole, [chat_id, ...roles]);
}
