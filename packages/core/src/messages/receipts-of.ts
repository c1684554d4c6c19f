/** Who got and who read a message, and when (contract section 2, Messages). */
import type { OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { Member, Receipt } from '../ports/stores.ts';
import { accessMessage } from './access.ts';
import { readsVisibleIn } from './reads.ts';
import { isVisible, reached } from './wire.ts';

/**
 * Who got and who read the caller's message, and when: one entry for everyone else in whose time in the chat it lies, by user id.
 * Errors: `NOT_FOUND` (no message that the caller may see), `FORBIDDEN` (another's).
 */
export async function messageReceipts(
  core: Pick<Core, 'chatCache' | 'chats' | 'messages' | 'privacy'>,
  caller: Caller,
  input: { id: string },
): Promise<OutputOf<'messages.receipts'>> {
  const { message, chat } = await accessMessage(core, caller, input.id, 'read');
  if (message.sender_id !== caller.userId) {
    throw new AppError('FORBIDDEN', 'Only its sender may see who read a message');
  }
  const { seq } = message;
  const current = (await core.chatCache.fresh(chat.chat_id)) ?? chat;
  const others = [...current.members.values()]
    .filter((member) => member.user_id !== caller.userId && isVisible(member, seq))
    .sort((a, b) => (a.user_id < b.user_id ? -1 : 1));
  const [times, readsVisible] = await Promise.all([
    core.chats.receipts(
      chat.chat_id,
      seq,
      others.map((member) => member.user_id),
    ),
    readsVisibleIn(core, current),
  ]);
  const byUser = new Map(times.map((receipt) => [receipt.user_id, receipt]));
  return {
    receipts: others.map((member) => receiptOf(member, seq, byUser.get(member.user_id), readsVisible)),
  };
}

/** The times are read after the positions: what they tell on top of those came true in between. */
function receiptOf(member: Member, seq: number, times: Receipt | undefined, readsVisible: boolean) {
  const readAt = readsVisible ? (times?.read_at ?? null) : null;
  const deliveredAt = times?.delivered_at ?? null;
  const known = reached(member, seq, readsVisible);
  const status: typeof known =
    readAt !== null ? 'read' : known === 'sent' && deliveredAt !== null ? 'delivered' : known;
  return { user_id: member.user_id, status, delivered_at: deliveredAt, read_at: readAt };
}
