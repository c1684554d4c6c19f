/** The one door to chats (design rule 7): everything about a chat is reached through here. */
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { ChatRecord, Member } from '../ports/stores.ts';

/** `read` shows what the member may still see; `post` needs to be a member now, and not to be blocked. */
export type ChatNeed = 'read' | 'post';

export interface ChatAccess {
  chat: ChatRecord;
  member: Member;
}

/** Decides on a chat already at hand; see `accessChat`. */
export function checkChat(chat: ChatRecord | undefined, userId: string, need: ChatNeed): ChatAccess {
  const member = chat?.members.get(userId);
  // "Missing" and "not yours" answer alike: an outsider learns nothing of a chat's existence.
  if (!chat || !member) throw new AppError('CHAT_NOT_FOUND');
  if (need === 'post') {
    if (member.left_seq !== null) throw new AppError('NOT_CHAT_MEMBER');
    if (chat.type === 'direct' && chat.blocked) throw new AppError('USER_BLOCKED');
  }
  return { chat, member };
}

/**
 * The chat and the caller's membership. Errors: `CHAT_NOT_FOUND` (also for one the caller was never in),
 * `NOT_CHAT_MEMBER` (left, and `post` is needed), `USER_BLOCKED` (direct chat of a blocked pair, `post`).
 */
export async function accessChat(
  core: Pick<Core, 'chatCache'>,
  caller: Caller,
  chatId: string,
  need: ChatNeed,
): Promise<ChatAccess> {
  return checkChat(await core.chatCache.get(chatId), caller.userId, need);
}

/** Those who are members now. */
export function presentMembers(chat: ChatRecord): string[] {
  const ids: string[] = [];
  for (const member of chat.members.values()) if (member.left_seq === null) ids.push(member.user_id);
  return ids;
}
