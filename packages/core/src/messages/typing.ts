/** Typing: told to those who are there, stored nowhere (contract section 4). */
import { accessChat, presentMembers } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';

/**
 * Who is to be told: the chat's other members. Errors: `CHAT_NOT_FOUND`, `NOT_CHAT_MEMBER`, `USER_BLOCKED`, `NOT_ADMIN` (only admins may
 * send here).
 */
export async function typingAudience(
  core: Pick<Core, 'chatCache'>,
  caller: Caller,
  chatId: string,
): Promise<string[]> {
  const { chat } = await accessChat(core, caller, chatId, 'post');
  return presentMembers(chat).filter((id) => id !== caller.userId);
}
