/** Deleting a message, for oneself or for everyone (contract section 2, Messages). */
import type { InputOf, OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { isoTime } from '../lib/times.ts';
import { publishTold, tellUser } from '../users/telling.ts';
import { accessMessage } from './access.ts';
import { applyChanges, type ChangeParts } from './changes.ts';

type Parts = ChangeParts & Pick<Core, 'marks'>;

/**
 * For me: gone from the caller's view, for ever, also where the caller is no member any more. For everyone: emptied, by its sender or
 * an admin of the group. Deleting again answers the same. Errors: `NOT_FOUND` (no message that the caller may see), `NOT_CHAT_MEMBER`
 * and `FORBIDDEN` (for everyone: neither sender nor admin, or a `system` message).
 */
export async function deleteMessage(
  core: Parts,
  caller: Caller,
  input: InputOf<'messages.delete'>,
): Promise<OutputOf<'messages.delete'>> {
  const deletedFor = input.for ?? 'me';
  if (deletedFor === 'me') await hide(core, caller, input.id);
  else await deleteForEveryone(core, caller, input.id);
  return { message_id: input.id, deleted_for: deletedFor };
}

async function hide(core: Parts, caller: Caller, id: string): Promise<void> {
  const { message } = await accessMessage(core, caller, id, 'read');
  const { message_id, chat_id, seq } = message;
  const tell = tellUser(core, caller, { kind: 'hide', chat_id, message_id });
  publishTold(core, await core.marks.hide(caller.userId, { message_id, chat_id, seq }, tell));
}

async function deleteForEveryone(core: Parts, caller: Caller, id: string): Promise<void> {
  const { message, chat, member } = await accessMessage(core, caller, id, 'member');
  if (message.type === 'system') {
    throw new AppError('FORBIDDEN', 'What tells of the group can only be deleted for oneself');
  }
  const isAdmin = chat.type === 'group' && member.role === 'admin';
  if (message.sender_id !== caller.userId && !isAdmin) {
    throw new AppError('FORBIDDEN', 'Only its sender, or an admin of the group, may delete it for everyone');
  }
  if (message.is_deleted) return;
  await applyChanges(core, [
    {
      kind: 'delete',
      messageId: id,
      chatId: message.chat_id,
      at: isoTime(core.clock.now()),
      context: newContext(caller),
    },
  ]);
}
