/** Delivered and read: positions, not per-message marks (design rule 5). */
import { limits } from '@parley/contract';
import { accessChat, checkChat } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { unreadCounts } from './unread.ts';
import { isVisible } from './wire.ts';

/**
 * Moves the caller's read position up to a message; it never moves back, and reading implies delivery. Errors:
 * `CHAT_NOT_FOUND`, `NOT_FOUND` (no such message in what the caller sees of this chat).
 */
export async function markRead(
  core: Pick<Core, 'chatCache' | 'messages' | 'marks' | 'positions' | 'clock'>,
  caller: Caller,
  input: { chat_id: string; up_to_message_id: string },
): Promise<{ unread_count: number }> {
  const id = input.up_to_message_id;
  const [{ member }, found] = await Promise.all([
    accessChat(core, caller, input.chat_id, 'read'),
    core.messages.byIds([id]),
  ]);
  const message = found.get(id);
  if (!message || message.chat_id !== input.chat_id || !isVisible(member, message.seq)) {
    throw new AppError('NOT_FOUND', 'There is no such message in this chat');
  }
  const { seq } = message;
  // What was hidden of all that may still be unread is asked for while the position is written.
  const window = { chatId: input.chat_id, after: Math.max(seq, member.joined_seq), upTo: member.left_seq };
  const after = await core.positions.move({
    chatId: input.chat_id,
    userId: caller.userId,
    delivered: seq,
    read: seq,
    context: newContext(caller),
  });
  const [unread] = await unreadCounts(core, caller.userId, [{ ...window, readSeq: after.read }]);
  return { unread_count: unread ?? 0 };
}

/**
 * Acknowledges delivery of up to 100 messages; per chat the furthest one counts. Ids that the caller cannot see are
 * skipped. Errors: `NOT_FOUND` (none of them is one the caller can see), `VALIDATION_ERROR` (more than 100).
 */
export async function markDelivered(
  core: Pick<Core, 'chatCache' | 'messages' | 'positions'>,
  caller: Caller,
  input: { message_ids: string[] },
): Promise<void> {
  if (input.message_ids.length > limits.deliveredIds) throw new AppError('VALIDATION_ERROR');
  const messages = await core.messages.byIds(input.message_ids);
  const chatIds = new Set([...messages.values()].map((message) => message.chat_id));
  const chats = new Map(
    await Promise.all([...chatIds].map(async (id) => [id, await core.chatCache.get(id)] as const)),
  );
  const furthest = new Map<string, number>();
  let seen = 0;
  for (const message of messages.values()) {
    const chat = chats.get(message.chat_id);
    const member = chat?.members.get(caller.userId);
    if (!chat || !member || !isVisible(member, message.seq)) continue;
    checkChat(chat, caller.userId, 'read');
    seen++;
    furthest.set(message.chat_id, Math.max(furthest.get(message.chat_id) ?? 0, message.seq));
  }
  if (seen === 0) throw new AppError('NOT_FOUND', 'There are no such messages');
  await Promise.all(
    [...furthest].map(([chatId, delivered]) =>
      core.positions.move({ chatId, userId: caller.userId, delivered, read: 0, context: newContext(caller) }),
    ),
  );
}
