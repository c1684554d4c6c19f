/** What members set for themselves: the user's devices hear of it, the other members do not. */
import type { ChatStore, OwnSettings } from '@parley/core';
import type { Sql } from '../sql.ts';
import { raiseUser, writeTold } from '../telling.ts';

export function setOwn(
  sql: Sql,
  ...[userId, chatId, patch, tell]: Parameters<ChatStore['setOwn']>
): ReturnType<ChatStore['setOwn']> {
  return sql.transaction(async (tx) => {
    const [row] = await tx.rows<{ is_muted: boolean; mute_until: Date | null; is_pinned: boolean }>(
      'lock-own',
      `SELECT is_muted, mute_until, is_pinned FROM chat_participants
       WHERE chat_id = $1 AND user_id = $2 FOR NO KEY UPDATE`,
      [chatId, userId],
    );
    if (!row) return undefined;
    const before: OwnSettings = { ...row, mute_until: row.mute_until?.toISOString() ?? null };
    const settings = merge(before, patch);
    const isPinChange = settings.is_pinned !== before.is_pinned;
    const isMuteChange = settings.is_muted !== before.is_muted || settings.mute_until !== before.mute_until;
    if (!isPinChange && !isMuteChange) return { settings, told: null };

    await tx.rows(
      'set-own',
      `UPDATE chat_participants
       SET is_muted = $3, mute_until = $4, is_pinned = $5,
           pin_changed_at = CASE WHEN is_pinned = $5 THEN pin_changed_at ELSE clock_timestamp() END
       WHERE chat_id = $1 AND user_id = $2`,
      [chatId, userId, settings.is_muted, settings.mute_until, settings.is_pinned],
    );
    const version = await raiseUser(tx, userId, 'chat_own', chatId);
    if (version === undefined) throw new Error('a member is no user');
    return { settings, told: await writeTold(tx, tell, version) };
  });
}

/** The settings after a patch; times in the one form that can be compared. */
function merge(before: OwnSettings, patch: Partial<OwnSettings>): OwnSettings {
  const { is_muted, mute_until, is_pinned } = { ...before, ...patch };
  const until = is_muted && mute_until !== null ? new Date(mute_until).toISOString() : null;
  return { is_muted, mute_until: until, is_pinned };
}
