/** History, newest first (contract section 2, Messages). */
import { type InputOf, limits, type OutputOf, uuid } from '@parley/contract';
import { checkChat } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { ChatRecord, StoredMessage } from '../ports/stores.ts';
import { readsVisibleIn } from './receipts.ts';
import { isVisible, replyPreviewOf, statusFor, toWire } from './wire.ts';

/**
 * A page of what the caller may see. Errors: `CHAT_NOT_FOUND`, `BAD_REQUEST` (a cursor that is no message of this chat).
 */
export async function listMessages(
  core: Pick<Core, 'chatCache' | 'messages' | 'privacy'>,
  caller: Caller,
  input: InputOf<'messages.list'>,
): Promise<OutputOf<'messages.list'>> {
  // Positions must be current, or a status could seem to go back.
  const { chat, member } = checkChat(await core.chatCache.fresh(input.chat_id), caller.userId, 'read');
  const limit = input.limit ?? limits.historyPage.default;
  const before = input.cursor === undefined ? null : await cursorSeq(core, chat, caller.userId, input.cursor);
  const rows = await core.messages.page({
    chatId: chat.chat_id,
    before,
    after: member.joined_seq,
    upTo: member.left_seq,
    limit: limit + 1,
  });
  const hasMore = rows.length > limit;
  const page = hasMore ? rows.slice(0, limit) : rows;
  const messages = await present(core, chat, caller.userId, page);
  return {
    messages,
    next_cursor: hasMore ? (page.at(-1)?.message_id ?? null) : null,
    has_more: hasMore,
  };
}

async function cursorSeq(
  core: Pick<Core, 'messages'>,
  chat: ChatRecord,
  viewer: string,
  cursor: string,
): Promise<number> {
  const id = uuid.safeParse(cursor);
  const message = id.success ? (await core.messages.byIds([id.data])).get(id.data) : undefined;
  const member = chat.members.get(viewer);
  if (!message || message.chat_id !== chat.chat_id || !member || !isVisible(member, message.seq)) {
    throw new AppError('BAD_REQUEST', 'The cursor is not a message of this chat');
  }
  return message.seq;
}

async function present(
  core: Pick<Core, 'messages' | 'privacy'>,
  chat: ChatRecord,
  viewer: string,
  page: StoredMessage[],
) {
  const replyIds = page.flatMap((message) => message.reply_to_message_id ?? []);
  const [replies, readsVisible] = await Promise.all([
    replyIds.length > 0 ? core.messages.byIds(replyIds) : new Map<string, StoredMessage>(),
    readsVisibleIn(core, chat),
  ]);
  return page.map((message) => {
    const reply = message.reply_to_message_id ? replies.get(message.reply_to_message_id) : undefined;
    const status = statusFor(message, viewer, chat, readsVisible);
    return toWire(message, status, reply ? replyPreviewOf(reply) : null);
  });
}
