/** What a member may see of a chat begins and ends with the system messages that tell of it. */
import type { Sql } from '../sql.ts';
import { lockChat } from './change.ts';

/**
 * A settled window stays as it is: a repeat changes nothing, nor does a message that was stored late, after a crash, when the window was
 * changed and settled again since. A message at or before the edge of a window tells of an earlier change: the edge waits for its own.
 */
const beginWindows = `
  UPDATE chat_participants SET joined_seq = $2 - 1, is_join_settled = true
  WHERE chat_id = $1 AND user_id = ANY($3::uuid[]) AND NOT is_join_settled AND joined_seq < $2`;

/** Nobody's window ends who is a member again. */
const endWindows = `
  UPDATE chat_participants SET left_seq = $2 - 1, is_leave_settled = true
  WHERE chat_id = $1 AND user_id = ANY($3::uuid[]) AND NOT is_leave_settled AND left_seq < $2`;

export function setWindows(
  sql: Sql,
  chatId: string,
  seq: number,
  joined: readonly string[],
  left: readonly string[],
): Promise<void> {
  return sql.transaction(async (tx) => {
    // Like everybody who writes several members of a chat, or they could wait for each other in a circle.
    await lockChat(tx, chatId);
    if (joined.length > 0) await tx.rows('begin-windows', beginWindows, [chatId, seq, joined]);
    if (left.length > 0) await tx.rows('end-windows', endWindows, [chatId, seq, left]);
  });
}
