/** The one door to chats (design rule 7): everything about a chat is reached through here. */
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { ChatRecord, Member } from '../ports/stores.ts';

/**
 * `read` shows what the member may still see; `member` needs to be one now; `take_part` also not to be blocked; `post` also to be an
 * admin where only they may send; `admin` needs to be an admin of a group.
 */
export type ChatNeed = 'read' | 'member' | 'take_part' | 'post' | 'admin';

export interface ChatAccess {
  chat: ChatRecord;
  member: Member;
}

/** Decides on a chat already at hand; see `accessChat`. */
export function checkChat(chat: ChatRecord | undefined, userId: string, need: ChatNeed): ChatAccess {
  const member = chat?.members.get(userId);
  // "Missing" and "not yours" answer alike: an outsider learns nothing of a chat's existence.
  if (!chat || !member) throw new AppError('CHAT_NOT_FOUND');
  if (need !== 'read') checkPresent(chat, member, need);
  return { chat, member };
}

function checkPresent(chat: ChatRecord, member: Member, need: Exclude<ChatNeed, 'read'>): void {
  if (member.left_seq !== null) throw new AppError('NOT_CHAT_MEMBER');
  if (need === 'member') return;
  if (need === 'admin') {
    if (chat.type !== 'group') throw new AppError('FORBIDDEN', 'This is not a group');
    if (member.role !== 'admin') throw new AppError('NOT_ADMIN');
    return;
  }
  if (chat.type === 'direct' && chat.blocked) throw new AppError('USER_BLOCKED');
  if (need === 'post' && chat.is_admin_only && member.role !== 'admin') {
    throw new AppError('NOT_ADMIN', 'Only admins may send here');
  }
}

/**
 * The chat and the caller's membership. Errors: `CHAT_NOT_FOUND` (also for one the caller was never in), and where more than `read` is
 * needed `NOT_CHAT_MEMBER` (left), `USER_BLOCKED` (direct chat of a blocked pair), `NOT_ADMIN`, `FORBIDDEN` (no group).
 */
export async function accessChat(
  core: Pick<Core, 'chatCache'>,
  caller: Caller,
  chatId: string,
  need: ChatNeed,
): Promise<ChatAccess> {
  return checkChat(await core.chatCache.get(chatId), caller.userId, need);
}

/** Ids of those who are members now. */
export function presentMembers(chat: ChatRecord): string[] {
  return present(chat).map((member) => member.user_id);
}

/** Those who are members now. */
export function present(chat: Pick<ChatRecord, 'members'>): Member[] {
  return [...chat.members.values()].filter((member) => member.left_seq === null);
}

/** Whether somebody is a member now. */
export function isPresent(chat: Pick<ChatRecord, 'members'>, userId: string): boolean {
  return chat.members.get(userId)?.left_seq === null;
}
