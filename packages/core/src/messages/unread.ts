/** Unread counts (contract section 2, Messages). */
import type { Core } from '../context.ts';
import { isoTime } from '../lib/times.ts';
import type { Window } from '../ports/stores.ts';

/**
 * How many messages by others each window holds after the user's read position that are neither deleted, over, `system`, nor deleted
 * by the user for itself; for many chats at once.
 */
export async function unreadCounts(
  core: Pick<Core, 'messages' | 'marks' | 'clock'>,
  userId: string,
  windows: readonly (Window & { readSeq: number })[],
): Promise<number[]> {
  if (windows.length === 0) return [];
  const asks = windows.map(({ chatId, after, upTo, readSeq }) => ({
    chatId,
    after: Math.max(after, readSeq),
    upTo,
  }));
  const except = await core.marks.hiddenIn(userId, asks);
  return core.messages.unread(
    asks.map((ask, index) => ({ ...ask, userId, except: except[index] ?? [] })),
    isoTime(core.clock.now()),
  );
}
