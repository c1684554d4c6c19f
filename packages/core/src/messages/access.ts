/** The door to single messages (design rule 7): seen by those in whose time in the chat they lie. */
import { type ChatNeed, checkChat } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import type { ChatRecord, Member, StoredMessage } from '../ports/stores.ts';
import { isGone, isVisible } from './wire.ts';

export interface MessageAccess {
  message: StoredMessage;
  chat: ChatRecord;
  member: Member;
}

function notThere(): AppError {
  return new AppError('NOT_FOUND', 'There is no such message');
}

/**
 * The message with its chat and the caller's membership. One that the caller deleted for itself, or that is over, is there too. Errors:
 * `NOT_FOUND` (also for one that the caller may not see), those of `need`.
 */
export async function accessMessage(
  core: Pick<Core, 'messages' | 'chatCache'>,
  caller: Caller,
  id: string,
  need: ChatNeed,
): Promise<MessageAccess> {
  const message = (await core.messages.byIds([id])).get(id);
  if (!message) throw notThere();
  return accessIn(await core.chatCache.get(message.chat_id), message, caller, need);
}

/**
 * The same for what needs a message that can still be read: `NOT_FOUND` too for one that was deleted, for everyone or by the caller for
 * itself, or whose time is over.
 */
export async function accessLiveMessage(
  core: Pick<Core, 'messages' | 'chatCache' | 'marks' | 'clock'>,
  caller: Caller,
  id: string,
  need: ChatNeed,
): Promise<MessageAccess> {
  const [found, marks] = await Promise.all([core.messages.byIds([id]), core.marks.of(caller.userId, [id])]);
  const message = found.get(id);
  if (!message || marks.get(id)?.hidden || isGone(message, core.clock.now())) throw notThere();
  return accessIn(await core.chatCache.get(message.chat_id), message, caller, need);
}

function accessIn(
  chat: ChatRecord | undefined,
  message: StoredMessage,
  caller: Caller,
  need: ChatNeed,
): MessageAccess {
  const member = chat?.members.get(caller.userId);
  if (!chat || !member || !isVisible(member, message.seq)) throw notThere();
  return { message, ...checkChat(chat, caller.userId, need) };
}
