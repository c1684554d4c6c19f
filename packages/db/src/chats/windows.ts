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

/**
 * Nobody's window ends who is a member again. Whoever left knows the chat up to the version before that of the message: all that was stored
 * or changed before it is of their time.
 */
const endWindows = `
  UPDATE chat_participants
  SET left_seq = $2 - 1, is_leave_settled = true,
      left_view = left_view || jsonb_build_object('left_version', GREATEST((left_view ->> 'left_version')::bigint, $4 - 1))
  WHERE chat_id = $1 AND user_id = ANY($3::uuid[]) AND NOT is_leave_settled AND left_seq < $2`;

/** Where the message came too late it says nothing: the windows end where they do. */
const keepEnds = `
  UPDATE chat_participants SET is_leave_settled = true
  WHERE chat_id = $1 AND user_id = ANY($3::uuid[]) AND NOT is_leave_settled AND left_seq < $2`;

export function setWindows(
  sql: Sql,
  chatId: string,
  seq: number,
  joined: readonly string[],
  left: readonly string[],
  { version, late }: { version: number; late: boolean } = { version: 0, late: false },
): Promise<void> {
  return sql.transaction(async (tx) => {
    // Like everybody who writes several members of a chat, or they could wait for each other in a circle.
    await lockChat(tx, chatId);
    if (joined.length > 0) await tx.rows('begin-windows', beginWindows, [chatId, seq, joined]);
    if (left.length === 0) return;
    if (late) await tx.rows('keep-ends', keepEnds, [chatId, seq, left]);
    else await tx.rows('end-windows', endWindows, [chatId, seq, left, version]);
  });
}
