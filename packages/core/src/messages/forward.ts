/** Forwarding: copies of a message in other chats, in all of them or in none (contract section 2, Messages). */
import type { InputOf, Media, OutputOf } from '@parley/contract';
import { checkChat } from '../chats/access.ts';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { newId } from '../lib/ids.ts';
import { type CarryParts, mediaForSend, tellIfReady } from '../media/carry.ts';
import type { ChatRecord, StoredMessage } from '../ports/stores.ts';
import { accessLiveMessage } from './access.ts';
import type { ChangeParts } from './changes.ts';
import { compose, type Draft, fingerprintOf } from './compose.ts';
import type { QueuedSend } from './send-queue.ts';

/**
 * Sends copies to all targets in one commit, in their order; a target named twice gets one. Everything is checked before anything is
 * stored. Errors: `NOT_FOUND` (no message that the caller can still read), `NOT_CHAT_MEMBER` (of its chat or of a target), `FORBIDDEN`
 * (a `system` message), and of the targets `CHAT_NOT_FOUND`, `NOT_ADMIN`, `USER_BLOCKED`.
 */
export async function forwardMessage(
  core: CarryParts & ChangeParts & Pick<Core, 'marks'>,
  caller: Caller,
  input: InputOf<'messages.forward'>,
): Promise<OutputOf<'messages.forward'>> {
  const targetIds = [...new Set(input.target_chat_ids)];
  const [{ message }, targets] = await Promise.all([
    accessLiveMessage(core, caller, input.id, 'member'),
    Promise.all(targetIds.map((id) => core.chatCache.get(id))),
  ]);
  const { type } = message;
  if (type === 'system') throw new AppError('FORBIDDEN', 'What tells of a group cannot be forwarded');
  const chats = targets.map((target) => checkChat(target, caller.userId, 'post').chat);
  // The caller reads the message, hence its file.
  const draft = { type, payload: message.payload };
  const media = await mediaForSend(core, caller, draft, { readable: true });
  const sends = chats.map((chat) => copyTo(chat, { ...message, type }, media, caller, core.clock.now()));
  const outcomes = await core.sendQueue.addAll(sends);
  void tellIfReady(
    core,
    caller,
    media,
    outcomes.map((outcome) => outcome.message),
  );
  return {
    forwarded_messages: outcomes.map(({ message: { chat_id, message_id } }) => ({ chat_id, message_id })),
  };
}

function copyTo(
  chat: ChatRecord,
  source: StoredMessage & Pick<Draft, 'type'>,
  media: Media | null,
  caller: Caller,
  now: number,
): QueuedSend {
  const draft: Draft = {
    chat_id: chat.chat_id,
    type: source.type,
    payload: source.payload,
    reply_to_message_id: null,
    // Of what was forwarded before, the first source is told on.
    forwarded_from: source.forwarded_from ?? { chat_id: source.chat_id, message_id: source.message_id },
  };
  const message = compose(chat, draft, {
    senderId: caller.userId,
    clientMsgId: newId(),
    fingerprint: fingerprintOf(draft),
    context: newContext(caller),
    now,
  });
  return { message, quote: null, media, chat, queuedAt: performance.now() };
}
