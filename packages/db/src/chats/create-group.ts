/** Making a group: one commit for the chat, its members, everyone's version, and what is told of it. */
import type { ChatStore } from '@parley/core';
import type { Sql } from '../sql.ts';
import { writeOutboxes } from '../telling.ts';
import { raiseUsers } from './raise-users.ts';
import { readChat } from './records.ts';

const insertGroup = `
  WITH chat AS (
    INSERT INTO chats (id, type, state_version) VALUES ($1, 'group', 1)
  ), members AS (
    INSERT INTO chat_participants (chat_id, user_id, role, state_version)
    SELECT $1, u, CASE WHEN u = $2 THEN 'admin' ELSE 'member' END, 1 FROM unnest($5::uuid[]) AS u
  )
  INSERT INTO groups (chat_id, name, description, created_by) VALUES ($1, $3, $4, $2)`;

export function createGroup(
  sql: Sql,
  input: Parameters<ChatStore['createGroup']>[0],
  tell: Parameters<ChatStore['createGroup']>[1],
): ReturnType<ChatStore['createGroup']> {
  const { chatId, creator, others, name, description } = input;
  const members = [...new Set([creator, ...others])];
  return sql.transaction(async (tx) => {
    // Before the chat, and yet in the common order of locks: nobody else can know this chat.
    const userVersions = await raiseUsers(tx, members, 'chat', chatId);
    if (!userVersions) return undefined;
    await tx.rows('insert-group', insertGroup, [chatId, creator, name, description, members]);
    const chat = await readChat(tx, chatId);
    return { chat, userVersions, outboxIds: await writeOutboxes(tx, tell(chat, userVersions)) };
  });
}
