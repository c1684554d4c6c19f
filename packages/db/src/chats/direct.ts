/** Direct chats: one per pair. */
import type { ChatStore } from '@parley/core';
import type { Sql } from '../sql.ts';
import { readChat } from './records.ts';

export async function openDirect(
  sql: Sql,
  input: Parameters<ChatStore['openDirect']>[0],
): ReturnType<ChatStore['openDirect']> {
  const [row] = await sql.rows<{
    chat_id: string;
    created: boolean;
    creator_version: number;
    other_version: number;
    outbox_id: number;
  }>('open-direct', 'SELECT * FROM parley_open_direct($1, $2, $3, $4)', [
    input.chatId,
    input.creator,
    input.other,
    JSON.stringify(input.context),
  ]);
  if (!row) throw new Error('opening a direct chat answers with one');
  const chat = await readChat(sql, row.chat_id);
  if (!row.created) return { created: false, chat };
  return {
    created: true,
    chat,
    userVersions: { [input.creator]: row.creator_version, [input.other]: row.other_version },
    outboxId: String(row.outbox_id),
  };
}

export async function directOf(sql: Sql, a: string, b: string): Promise<string | undefined> {
  const [row] = await sql.rows<{ id: string }>(
    'direct-of',
    `SELECT id FROM chats WHERE direct_key = LEAST($1::uuid, $2::uuid) || ':' || GREATEST($1::uuid, $2::uuid)`,
    [a, b],
  );
  return row?.id;
}
