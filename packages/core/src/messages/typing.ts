/** Typing: told to those who are there, stored nowhere (contract section 4). */
import { accessChat, presentMembers } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';

/** Tells the chat's other members. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `USER_BLOCKED`. */
export async function setTyping(
  core: Pick<Core, 'chatCache' | 'signals'>,
  caller: Caller,
  chatId: string,
  isTyping: boolean,
): Promise<void> {
  const { chat } = await accessChat(core, caller, chatId, 'post');
  core.signals.send({
    kind: 'typing',
    chat_id: chatId,
    user_id: caller.userId,
    is_typing: isTyping,
    recipients: presentMembers(chat).filter((id) => id !== caller.userId),
  });
}
