/** Chats with their members, as every send reads them. */
import type { ChatRecord, Member } from '@parley/core';
import type { Transaction } from '../sql.ts';

interface ChatRow {
  id: string;
  type: ChatRecord['type'];
  state_version: number;
  auto_delete_seconds: ChatRecord['auto_delete_seconds'];
  created_at: Date;
  updated_at: Date;
  name: string;
  description: string;
  avatar_url: string;
  is_admin_only: boolean;
  blocked: boolean;
  members: Member[];
}

/** What a chat's settings are called in a query of `chats c` with `joinGroup`; a direct chat has no name, description or picture. */
export const settingsColumns = `
  c.auto_delete_seconds, COALESCE(g.name, '') AS name, COALESCE(g.description, '') AS description,
  COALESCE(g.avatar_url, '') AS avatar_url, COALESCE(g.is_admin_only, false) AS is_admin_only`;

/**
 * OFFSET 0, here and elsewhere, keeps a look-up a look-up for every row: joined freely, the planner may walk through a whole table while it
 * believes that it is small, and its one plan is for all calls.
 */
export const joinGroup = `
  LEFT JOIN LATERAL (
    SELECT name, description, avatar_url, is_admin_only FROM groups WHERE chat_id = c.id OFFSET 0
  ) g ON true`;

/** Nothing is a member's to see until the place of the message is known that told of its joining: until then this stands for the beginning. */
const unsettled = Number.MAX_SAFE_INTEGER;

/** Where the window of a row of `chat_participants` begins. */
export const joinedSeq = (row: string) =>
  `CASE WHEN ${row}.is_join_settled THEN ${row}.joined_seq ELSE ${unsettled} END`;

/** A row of `chat_participants` as a JSON object with the fields of `Member`. */
export const memberJson = (row: string) => `json_build_object(
  'user_id', ${row}.user_id, 'role', ${row}.role,
  'joined_at', to_char(${row}.joined_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  'joined_seq', ${joinedSeq(row)}, 'left_seq', ${row}.left_seq,
  'delivered_seq', ${row}.delivered_seq, 'read_seq', ${row}.read_seq)`;

/** One query per batch of chats; members come with their chat, oldest first. */
const selectChats = `
  SELECT c.id, c.type, c.state_version, c.created_at, c.updated_at, ${settingsColumns},
         CASE WHEN c.type = 'direct' THEN EXISTS (
           SELECT 1 FROM chat_participants a
           CROSS JOIN LATERAL (SELECT user_id FROM chat_participants WHERE chat_id = a.chat_id OFFSET 0) o
           CROSS JOIN LATERAL (
             SELECT 1 FROM contacts WHERE user_id = a.user_id AND contact_id = o.user_id AND is_blocked OFFSET 0
           ) b
           WHERE a.chat_id = c.id
         ) ELSE false END AS blocked,
         (SELECT json_agg(${memberJson('p')} ORDER BY p.joined_at, p.user_id)
          FROM chat_participants p WHERE p.chat_id = c.id) AS members
  FROM chats c ${joinGroup}
  WHERE c.id = ANY($1::uuid[])`;

/** Reads chats; inside a transaction, as that transaction sees them. */
export async function findChats(
  source: Transaction,
  ids: readonly string[],
): Promise<Map<string, ChatRecord>> {
  const rows = await source.rows<ChatRow>('find-chats', selectChats, [ids]);
  return new Map(rows.map((row) => [row.id, toRecord(row)]));
}

/** Reads a chat that must be there, because the caller has just written or locked it. */
export async function readChat(source: Transaction, id: string): Promise<ChatRecord> {
  const chat = (await findChats(source, [id])).get(id);
  if (!chat) throw new Error('a chat is gone that was there a moment ago');
  return chat;
}

function toRecord({ id, created_at, updated_at, members, ...rest }: ChatRow): ChatRecord {
  return {
    chat_id: id,
    ...rest,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
    members: new Map(members.map((member) => [member.user_id, member])),
  };
}
